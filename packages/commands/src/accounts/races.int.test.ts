import { randomUUID } from 'node:crypto';
import { eventually } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collect, outcomes, password, startSystem, type TestProcess, type TestSystem } from '../system.fixture.ts';
import { emailKey, usernameKey } from './names.ts';

/** Many at once, through two processes. */
let system: TestSystem;
let other: TestProcess;
beforeAll(async () => {
  system = await startSystem();
  other = await system.another();
});
afterAll(async () => {
  await other?.close();
  await system?.close();
});

const newName = () => `u_${randomUUID().slice(0, 8)}`;
const processAt = (index: number) => (index % 2 === 0 ? system : other).commands;
const foldAt = (text: string, index: number) => (index % 3 === 0 ? text.toUpperCase() : text);
const sizes = async () => ({
  names: (await system.stores.names.keys('>')).length,
  credentials: (await system.stores.credentials.keys('>')).length,
  sessions: (await system.stores.sessions.keys('>')).length,
  accountEvents: await system.log.head('accounts'),
});
const plus = (before: Awaited<ReturnType<typeof sizes>>) => ({
  names: before.names + 2,
  credentials: before.credentials + 1,
  sessions: before.sessions + 1,
  accountEvents: before.accountEvents + 1,
});

test.each(['email', 'username'] as const)(
  'of 200 registrations of one %s, in any case, one is done; the others leave nothing behind',
  async (shared) => {
    const name = newName();
    const before = await sizes();
    const attempts = Array.from({ length: 200 }, (_, index) => {
      const own = newName();
      const username = shared === 'username' ? foldAt(name, index) : own;
      const email = `${shared === 'email' ? foldAt(name, index) : own}@example.org`;
      return processAt(index).accounts.register({ email, username, password });
    });
    expect(await outcomes(attempts)).toEqual([...Array.from({ length: 199 }, () => 'AUTH_USER_EXISTS'), 'done']);
    expect(await sizes()).toEqual(plus(before));
  },
);

test('who wants only the e-mail of somebody who loses over a username gets it', async () => {
  const [winner, username, email] = [randomUUID(), newName(), `${newName()}@example.org`];
  const at = new Date().toISOString();
  const reserved = await system.stores.names.create(usernameKey(username), { userId: winner, at });
  expect(reserved).toBeDefined(); // somebody is about to register with it
  const answered: string[] = [];
  const told = (who: string, attempt: Promise<unknown>) =>
    outcomes([attempt]).then(([outcome]) => void answered.push(`${who}: ${outcome}`));
  const loser = told('loser', system.commands.accounts.register({ email, username, password }));
  const holder = async () => (await system.stores.names.get(emailKey(email)))?.value.userId;
  const held = await eventually(async () => (await holder()) ?? false);
  const third = told('third', other.commands.accounts.register({ email, username: newName(), password }));
  for (let look = 0; look < 50; look++) expect(await holder()).toBe(held); // nobody gives up before it is known who wins
  expect(answered).toEqual([]);
  await system.log.append(
    { kind: 'account', userId: winner },
    { type: 'UserRegistered', data: { userId: winner, username, displayName: username, at } },
    { expectedSequence: 0 },
  );
  await Promise.all([loser, third]);
  expect(answered).toEqual(['loser: AUTH_USER_EXISTS', 'third: done']);
});

test('of 20 refreshes with one token, through both, one wins, and goes on', async () => {
  const { tokens } = await system.register();
  const attempts = Array.from({ length: 20 }, (_, index) => processAt(index).accounts.refresh(tokens.refreshToken));
  expect(await outcomes(attempts)).toEqual([...Array.from({ length: 19 }, () => 'AUTH_TOKEN_INVALID'), 'done']);
  const [won] = (await Promise.allSettled(attempts)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  await other.commands.accounts.refresh(won?.refreshToken ?? '');
});

test('refreshes that meet a new password, or the end of the account, leave no session that goes on', async () => {
  for (const end of ['password', 'account'] as const) {
    const { tokens, account } = await system.register();
    const { userId } = account;
    let current = tokens;
    const refresh = async (): Promise<never> => {
      for (;;) current = await other.commands.accounts.refresh(current.refreshToken);
    };
    const refreshing = outcomes([refresh()]);
    if (end === 'account') await system.commands.accounts.remove(userId, password);
    else
      await system.commands.accounts.changePassword(userId, {
        currentPassword: password,
        newPassword: 'fresh battery',
      });
    expect(await refreshing).toEqual(['AUTH_TOKEN_INVALID']);
    const last = [other.commands.accounts.refresh(current.refreshToken)];
    expect(await outcomes(last)).toEqual(['AUTH_TOKEN_INVALID']);
    await eventually(async () =>
      expect(await outcomes([other.commands.accounts.authenticate(current.accessToken)])).not.toEqual(['done']),
    );
  }
});

test('a log-in with the old password that meets a new one ends up with nothing', async () => {
  const { account, email } = await system.register();
  const logins = Array.from({ length: 10 }, (_, index) => processAt(index).accounts.login({ email, password }));
  const { userId } = account;
  await system.commands.accounts.changePassword(userId, { currentPassword: password, newPassword: 'fresh battery' });
  const settled = await Promise.allSettled(logins);
  for (const one of settled) {
    if (one.status === 'rejected') continue;
    expect(await outcomes([other.commands.accounts.refresh(one.value.tokens.refreshToken)])).toEqual([
      'AUTH_TOKEN_INVALID',
    ]);
  }
  expect(await collect(system.log.readSubject({ kind: 'account', userId }))).toHaveLength(2);
});
