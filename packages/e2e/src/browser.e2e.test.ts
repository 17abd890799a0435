import type * as kuraxx from '@kuraxx/client';
import { buildPage } from '@kuraxx/launcher';
import { eventually } from '@kuraxx/testing';
import { type Browser, openBrowser, type Page } from '@kuraxx/testing/browser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleClient, openEmptyPage } from './browser.fixture.ts';
import { barriers, say, shown, type Visitor, visit } from './page.fixture.ts';
import { createPerson, createRoom, password, send, signInAgain } from './person.fixture.ts';
import { type System, startTestSystem } from './system.fixture.ts';

declare global {
  var kuraxx: typeof import('@kuraxx/client');
  var chat: kuraxx.Chat;
  var seen: string[];
}

let system: System;
let browser: Browser;
let client: string;

beforeAll(async () => {
  [system, browser, client] = await Promise.all([
    startTestSystem({ env: { JWT_ACCESS_EXPIRY: '4s' } }),
    openBrowser(),
    bundleClient(),
    buildPage(),
  ]);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

/** In the page: a client that is signed in, shares its session with other tabs, and keeps what comes from the room. */
const chatIn = (page: Page, wsUrl: string, roomId: string, credentials?: { email: string; password: string }) =>
  page.evaluate(
    async ([url, room, credentials]) => {
      const { browserOutbox, browserSession, createChat } = globalThis.kuraxx;
      globalThis.chat = createChat({
        apiUrl: location.origin,
        wsUrl: url,
        session: browserSession(),
        outbox: browserOutbox(),
        rules: { reconnect: { baseMs: 100, maxMs: 500 } },
      });
      globalThis.seen = [];
      if (credentials === undefined) await globalThis.chat.resume();
      else await globalThis.chat.signIn(credentials);
      const opened = globalThis.chat.room(room);
      opened.on('message', ({ message }) => globalThis.seen.push(message.content));
      await new Promise((entered) => opened.on('entered', entered));
    },
    [wsUrl, roomId, credentials] as const,
  );
const seenIn = (page: Page): Promise<string[]> => page.evaluate(() => globalThis.seen);

test('in Chromium: two tabs share a session; with the gateway killed and the network away nothing is lost or doubled', async () => {
  const ann = await createPerson(system.apiUrl, 'ann');
  const bob = await createPerson(system.apiUrl, 'bob');
  const roomId = await createRoom(ann, bob);
  const context = await browser.newContext();
  const [first, second] = [
    await openEmptyPage(context, system.apiUrl, client),
    await openEmptyPage(context, system.apiUrl, client),
  ];
  await chatIn(first, system.wsUrl, roomId, { email: ann.email, password });
  await chatIn(second, system.wsUrl, roomId);

  const sent = first.evaluate(
    async (room) =>
      Promise.all(Array.from({ length: 20 }, (_, index) => globalThis.chat.room(room).send(`tab ${index}`))),
    roomId,
  );
  await eventually(async () => (await seenIn(second)).length > 0);
  await system.kill('gateway');
  // his first access token may have expired
  await send(await signInAgain(system.apiUrl, bob), roomId, 'while it is away');
  await sent;
  const everything = [...Array.from({ length: 20 }, (_, index) => `tab ${index}`), 'while it is away'];
  const complete = async (page: Page) => expect((await seenIn(page)).toSorted()).toEqual(everything.toSorted());
  await eventually(() => complete(first), { timeoutMs: 30_000 });
  await eventually(() => complete(second), { timeoutMs: 30_000 });
  expect(await seenIn(second)).toEqual(await seenIn(first));

  // The access token has expired by now, perhaps more than once: both tabs are still in, by one session
  const users = await Promise.all(
    [first, second].map((page) => page.evaluate(async () => (await globalThis.chat.rest.auth.me()).user.username)),
  );
  expect(users).toEqual([ann.username, ann.username]);

  // What is sent without a network outlives the page
  await first.evaluate((room) => {
    const send = {
      tempId: globalThis.kuraxx.newTempId(),
      roomId: room,
      senderId: globalThis.chat.user()?.id,
      content: 'from an earlier page',
      type: 'TEXT',
    };
    globalThis.chat.close(); // as a page that is closed in the middle
    localStorage.setItem(`kuraxx-send:${send.tempId}`, JSON.stringify(send));
  }, roomId);
  await first.reload();
  await first.waitForFunction('globalThis.kuraxx !== undefined');
  await chatIn(first, system.wsUrl, roomId);
  await eventually(async () => expect(await seenIn(second)).toContain('from an earlier page'), { timeoutMs: 15_000 });
  await first.evaluate(() => globalThis.chat.signOut());
  await eventually(async () => (await second.evaluate(() => globalThis.chat.user())) === undefined);
  await context.close();
}, 300_000);

/** Waits until both show exactly these messages, in this order. */
const bothShow = async (visitors: readonly Visitor[], texts: readonly string[]): Promise<void> => {
  for (const visitor of visitors) {
    await eventually(async () => expect(await shown(visitor)).toEqual(texts), { timeoutMs: 30_000 });
  }
};

/** The log tab shows an event's whole way to the owner; to a member there is no such tab. */
const expectLog = async (owner: Visitor, member: Visitor): Promise<void> => {
  await owner.page.getByRole('link', { name: 'Log' }).click();
  const rows = owner.page.locator('.log tbody tr');
  await say(member, 'see it pass');
  const newest = rows.first();
  await eventually(
    async () => {
      const [, event = '', by = '', ...times] = await newest.locator('td, th').allTextContents();
      expect([event, by]).toEqual(['message sent', 'Tom']);
      expect(times.slice(0, 3)).toEqual(times.slice(0, 3).map(() => expect.stringMatching(/^\+\d+ ms$/)));
    },
    { timeoutMs: 15_000 },
  );
  expect(await rows.last().textContent()).toContain('room created');
  expect(await barriers(owner.page)).toEqual([]);
  expect(await member.page.getByRole('link', { name: 'Log' }).count()).toBe(0);
};

test('two people chat on the page, also while the gateway is killed', async () => {
  const mira = await visit(browser, system.apiUrl, 'Mira');
  const tom = await visit(browser, system.apiUrl, 'Tom', { dark: true, phone: true });
  const both = [mira, tom];
  for (const { page } of both) expect(await barriers(page)).toEqual([]);
  await mira.page.getByRole('button', { name: 'New room' }).click();
  expect(await barriers(mira.page)).toEqual([]);
  await mira.page.getByLabel('Name').fill(`Crew of ${mira.name}`);
  await mira.page.keyboard.press('Enter');
  await mira.page.getByRole('heading', { name: `Crew of ${mira.name}` }).waitFor();

  await tom.page.getByRole('button', { name: 'Refresh' }).click();
  await tom.page.getByRole('button', { name: `Join Crew of ${mira.name}` }).click();
  await mira.page.getByText('Tom joined the room').waitFor();
  await say(tom, 'Ahoy!');
  await bothShow(both, ['Ahoy!']);
  await tom.page.getByRole('textbox', { name: 'Message' }).pressSequentially('I am typ');
  await mira.page.getByText(`${tom.name} typing …`).waitFor();
  await say(tom, 'I was typing');
  await tom.page.getByRole('button', { name: 'Edit “Ahoy!”' }).click();
  await tom.page.getByRole('textbox', { name: 'Edit message' }).fill('Ahoy, mates!');
  await tom.page.keyboard.press('Enter');
  await bothShow(both, ['Ahoy, mates!', 'I was typing']);
  await mira.page.getByRole('button', { name: 'Delete “I was typing”' }).click();
  await bothShow(both, ['Ahoy, mates!']);

  for (const { page } of both) expect(await barriers(page)).toEqual([]);
  const picture = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
    'base64',
  );
  await tom.page.getByLabel('Attach files').setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: picture });
  await tom.page.getByText('dot.png').waitFor();
  await tom.page.getByRole('button', { name: 'Send', exact: true }).click();
  const image = mira.page.getByRole('img', { name: 'dot.png' });
  await image.waitFor();
  await eventually(async () =>
    expect(await image.evaluate((img) => 'naturalWidth' in img && img.naturalWidth)).toBeGreaterThan(0),
  );

  await system.kill('gateway');
  for (const { page } of both) await page.getByText('Cut off: reconnecting …').waitFor();
  await say(mira, 'can anybody hear me?');
  await say(tom, 'not yet');
  await say(mira, 'now?');
  for (const { page } of both) await page.getByText('Online', { exact: true }).waitFor({ timeout: 30_000 });
  await mira.page.getByText('sending …').first().waitFor({ state: 'detached' });
  await eventually(async () => expect(await shown(tom)).toEqual(await shown(mira)), { timeoutMs: 30_000 });
  expect((await shown(mira)).toSorted()).toEqual(
    ['Ahoy, mates!', 'can anybody hear me?', 'not yet', 'now?'].toSorted(),
  );

  await mira.page.getByRole('link', { name: 'Members' }).click();
  await mira.page
    .getByRole('listitem')
    .filter({ hasText: `@${tom.name}` })
    .getByText('online')
    .waitFor();
  expect(await barriers(mira.page)).toEqual([]);
  await expectLog(mira, tom);
  const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  expect(await tom.page.evaluate<number>(overflow)).toBe(0); // at a phone's width nothing sticks out
  expect(both.flatMap(({ problems }) => problems)).toEqual([]);
  await Promise.all(both.map(({ context }) => context.close()));
}, 300_000);
