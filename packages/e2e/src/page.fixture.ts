import type { Browser, BrowserContext, Page } from '@kuraxx/testing/browser';
import axe from 'axe-core';
import { password, uniqueName } from './person.fixture.ts';

/** Somebody at the chat page, in a browser of their own. */
export type Visitor = {
  readonly name: string;
  readonly context: BrowserContext;
  readonly page: Page;
  readonly problems: readonly string[];
};

/** Opens the page and makes an account in it. `problems`: what the browser complained about, a blocked request for one. */
export const visit = async (
  browser: Browser,
  apiUrl: string,
  stem: string,
  options: { dark?: boolean; phone?: boolean } = {},
): Promise<Visitor> => {
  const context = await browser.newContext({
    colorScheme: options.dark === true ? 'dark' : 'light',
    viewport: options.phone === true ? { width: 375, height: 667 } : { width: 1000, height: 640 },
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    // What the network does to the page on purpose is no complaint
    if (message.type() === 'error' && !/WebSocket|ERR_/.test(message.text())) problems.push(message.text());
  });
  await page.goto(apiUrl);
  const name = uniqueName(stem);
  await page.getByRole('button', { name: 'Create an account' }).click();
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('Display name').fill(stem);
  await page.getByLabel('E-mail').fill(`${name}@example.com`);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('Online', { exact: true }).waitFor();
  return { name, context, page, problems };
};

/** Writes a message and sends it with the Enter key. */
export const say = async ({ page }: Visitor, text: string): Promise<void> => {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.keyboard.press('Enter');
};

/** The texts of the messages that are shown, SYSTEM ones left out, in order. */
export const shown = ({ page }: Visitor): Promise<string[]> => page.locator('.message .content').allTextContents();

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] };

/** What a screen reader or weak eyes would stumble over on the page as it is now, by axe. */
export const barriers = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe.source);
  const violations = await page.evaluate<Violation[]>('axe.run().then((result) => result.violations)');
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
};
