import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPage } from '@kuraxx/launcher';
import { openBrowser, type Page } from '@kuraxx/testing/browser';
import { say, visit } from './page.fixture.ts';
import { startTestSystem } from './system.fixture.ts';

// Takes the pictures of the chat page in docs/images anew: `npm run screenshots` in this package, after the page has changed.

const folder = join(import.meta.dirname, '../../../docs/images');
await mkdir(folder, { recursive: true });
await buildPage();
const system = await startTestSystem();
const browser = await openBrowser();
const take = (page: Page, name: string): Promise<unknown> => page.screenshot({ path: join(folder, `${name}.png`) });
try {
  const mira = await visit(browser, system.apiUrl, 'Mira');
  const tom = await visit(browser, system.apiUrl, 'Tom', { dark: true, phone: true });
  await mira.page.getByRole('button', { name: 'New room' }).click();
  await mira.page.getByLabel('Name').fill('Night watch');
  await mira.page.keyboard.press('Enter');
  await mira.page.getByRole('heading', { name: 'Night watch' }).waitFor();
  await tom.page.getByRole('button', { name: 'Refresh' }).click();
  await tom.page.getByRole('button', { name: 'Join Night watch' }).click();
  await tom.page.getByRole('heading', { name: 'Night watch' }).waitFor();
  await say(tom, 'Wind is turning. I would reef before midnight.');
  await say(mira, 'Agreed. I am on deck in five minutes.');
  await say(tom, 'Bring the second lamp, the first one went overboard with the bucket.');
  await tom.page.getByRole('textbox', { name: 'Message' }).pressSequentially('And');
  await mira.page.getByText('typing …').waitFor();
  await take(mira.page, 'chat-light');
  await take(tom.page, 'chat-phone-dark');
  await mira.page.getByRole('link', { name: 'Members' }).click();
  await mira.page.getByText(`@${tom.name}`).waitFor();
  await take(mira.page, 'members-light');
  await mira.page.getByRole('link', { name: 'Log' }).click();
  await say(tom, 'Found it.');
  await mira.page.locator('.log tbody tr').first().getByText('+').nth(2).waitFor();
  await take(mira.page, 'log-light');
  await mira.page.getByRole('link', { name: 'Chat', exact: true }).click();
  await system.kill('gateway');
  await mira.page.getByText('Cut off: reconnecting …').waitFor();
  await say(mira, 'Can you hear me?');
  await mira.page.getByText('sending …').waitFor();
  await take(mira.page, 'chat-cut-off');
} finally {
  await browser.close();
  await system.stop();
}
