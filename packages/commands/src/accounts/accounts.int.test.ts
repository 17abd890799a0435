import { randomUUID } from 'node:crypto';
import { Refusal } from '@kuraxx/domain';
import { PositionConflict } from '@kuraxx/event-store';
import { followSignedOut, type SignedOut } from '@kuraxx/signals';
import { eventually } from '@kuraxx/testing';
import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { outcomes, password, startSystem, type TestSystem } from '../system.fixture.ts';
import { emailKey, usernameKey } from './names.ts';
import { createSessions, maxSessions } from './sessions.ts';

let system: TestSystem;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.close());

const named = (name: string) => ({ email: `${name}@Example.org`, username: name, password });
const newName = (): string => `u_${randomUUID().slice(0, 8)}`;
const sessionsOf = (options: { expiryMs?: number; reuseGraceMs?: number } = {}) =>
  createSessions(system.stores.sessions, { expiryMs: 60_000, onEnded: () => undefined, ...options });
const register = (name: string) => system.commands.accounts.register(named(name));

describe('registering', () => {
  test('of parallel registrations of one e-mail, in any case, exactly one wins, and losers leave nothing', async () => {
    const stem = randomUUID().slice(0, 8);
    const attempts = Array.from({ length: 30 }, (_, index) =>
      system.commands.accounts.register({
        email: `${index % 2 === 0 ? stem : stem.toUpperCase()}@example.org`,
        username: `${stem}_${index}`,
        password,
      }),
    );
    const before = (await system.stores.credentials.keys('>')).length;
    expect(await outcomes(attempts)).toEqual([...Array.from({ length: 29 }, () => 'AUTH_USER_EXISTS'), 'done']);
    const names = await system.stores.names.keys('>');
    expect(names.filter((key) => key.startsWith(`username.${stem}_`))).toHaveLength(1);
    expect(await system.stores.credentials.keys('>')).toHaveLength(before + 1);
  });

  test('of parallel registrations of one username one wins, and the losers can register under another', async () => {
    const name = newName();
    const attempts = Array.from({ length: 10 }, (_, index) =>
      system.commands.accounts.register({ ...named(name), email: `${name}.${index}@example.org` }),
    );
    expect((await outcomes(attempts)).filter((outcome) => outcome === 'done')).toHaveLength(1);
    const again = Array.from({ length: 10 }, (_, index) =>
      system.commands.accounts.register({
        email: `${name}.${index}@example.org`,
        username: `${name}_${index}`,
        password,
      }),
    );
    expect((await outcomes(again)).filter((outcome) => outcome === 'done')).toHaveLength(9);
  });

  test('a name that a crash left reserved is free again after half a minute, and the late comer loses', async () => {
    const lost = randomUUID();
    const name = newName();
    const key = emailKey(`${name}@example.org`);
    await system.stores.names.create(key, { userId: lost, at: new Date().toISOString() });
    expect(await outcomes([register(name)])).toEqual(['AUTH_USER_EXISTS']);
    expect(await system.stores.names.get(usernameKey(name))).toBeUndefined();
    await system.stores.names.put(key, { userId: lost, at: new Date(Date.now() - 31_000).toISOString() });
    await register(name);
    const late = system.log.append(
      { kind: 'account', userId: lost },
      { type: 'UserRegistered', data: { userId: lost, username: name, displayName: name, at: '' } },
      { expectedSequence: 0 },
    );
    await expect(late).rejects.toBeInstanceOf(PositionConflict);
  });

  test('an old name of somebody who has registered stays theirs', async () => {
    const name = newName();
    const { account } = await register(name);
    const at = new Date(Date.now() - 3_600_000).toISOString();
    await system.stores.names.put(usernameKey(name), { userId: account.userId, at });
    const other = { ...named(name.toUpperCase()), email: `${newName()}@example.org` };
    expect(await outcomes([system.commands.accounts.register(other)])).toEqual(['AUTH_USER_EXISTS']);
  });
});

describe('signing in and out', () => {
  test('log-in folds the case of the e-mail; a wrong password and an unknown e-mail are refused alike', async () => {
    const { email, account } = await register(newName());
    const signedIn = await system.commands.accounts.login({ email: email.toUpperCase(), password });
    expect(signedIn.account).toEqual(account);
    expect(signedIn.email).toBe(email);
    const wrong = [
      system.commands.accounts.login({ email, password: 'wrong horse' }),
      system.commands.accounts.login({ email: 'nobody@example.org', password }),
    ];
    expect(await outcomes(wrong)).toEqual(['AUTH_INVALID_CREDENTIALS', 'AUTH_INVALID_CREDENTIALS']);
  });

  test('log-out ends all sessions and says so; a refresh token is no access token', async () => {
    const { tokens, account, email } = await register(newName());
    const told: SignedOut[] = [];
    const stop = followSignedOut(system.nats, (what) => told.push(what));
    const other = await system.commands.accounts.login({ email, password });
    await system.commands.accounts.logout(account.userId);
    await eventually(() => expect(told).toMatchObject([{ userId: account.userId, sessionIds: { length: 2 } }]));
    stop();
    const tries = [tokens, other.tokens].map(({ refreshToken }) => system.commands.accounts.refresh(refreshToken));
    expect(await outcomes(tries)).toEqual(['AUTH_TOKEN_INVALID', 'AUTH_TOKEN_INVALID']);
    expect(await outcomes([system.commands.accounts.authenticate(tokens.refreshToken)])).toEqual([
      'AUTH_TOKEN_INVALID',
    ]);
    expect((await system.commands.accounts.authenticate(tokens.accessToken)).userId).toBe(account.userId);
  });

  test('whose token it is is told without throwing, and its signature is checked once for all who ask', async () => {
    const { tokens, account } = await register(newName());
    const checked = vi.spyOn(jwt, 'verify');
    onTestFinished(() => checked.mockRestore());
    const { userOf, authenticate } = system.commands.accounts;
    expect(userOf(tokens.accessToken)).toBe(account.userId);
    expect((await authenticate(tokens.accessToken)).userId).toBe(account.userId);
    expect(userOf(tokens.accessToken)).toBe(account.userId);
    expect(checked).toHaveBeenCalledTimes(1);
    for (const bad of [tokens.refreshToken, `${tokens.accessToken}x`, '']) expect(userOf(bad)).toBeUndefined();
  });

  test('who only ever signs in keeps the newest sessions', async () => {
    const userId = randomUUID();
    const sessions = sessionsOf();
    const first = await sessions.open(userId, 0);
    for (let index = 0; index < maxSessions; index++) await sessions.open(userId, 0);
    expect(await system.stores.sessions.keys(`${userId}.>`)).toHaveLength(maxSessions);
    await expect(sessions.verify(first.refreshToken)).rejects.toBeInstanceOf(Refusal);
  });

  test('a session that a lagging copy does not show yet is not taken for the oldest', async () => {
    const userId = randomUUID();
    const opened = await Promise.all(Array.from({ length: maxSessions }, () => sessionsOf().open(userId, 0)));
    const hidden = `${userId}.${opened.at(-1)?.sessionId}`;
    const { sessions } = system.stores;
    const lagging: typeof sessions = {
      ...sessions,
      get: async (key) => (key === hidden ? undefined : sessions.get(key)),
    };
    await createSessions(lagging, { expiryMs: 60_000, onEnded: () => undefined }).open(userId, 0);
    expect(await sessions.get(hidden)).toBeDefined();
  });
});

describe('refreshing', () => {
  test('of parallel refreshes with one token exactly one wins, and the winner goes on', async () => {
    const { tokens } = await register(newName());
    const attempts = Array.from({ length: 20 }, () => system.commands.accounts.refresh(tokens.refreshToken));
    const settled = await Promise.allSettled(attempts);
    const won = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(won).toHaveLength(1);
    await system.commands.accounts.refresh(won[0]?.refreshToken ?? '');
    expect(await outcomes([system.commands.accounts.refresh(tokens.refreshToken)])).toEqual(['AUTH_TOKEN_INVALID']);
  });

  test('a token that is used again later ends the session, for the thief too', async () => {
    const sessions = sessionsOf({ reuseGraceMs: 0 });
    const stolen = (await sessions.open(randomUUID(), 0)).refreshToken;
    const next = (await (await sessions.verify(stolen)).trade()).refreshToken;
    await expect(sessions.verify(stolen)).rejects.toBeInstanceOf(Refusal);
    await expect(sessions.verify(next)).rejects.toBeInstanceOf(Refusal);
  });

  test('an expired token is refused and forgotten', async () => {
    const userId = randomUUID();
    const { refreshToken } = await sessionsOf({ expiryMs: -1 }).open(userId, 0);
    await expect(sessionsOf().verify(refreshToken)).rejects.toBeInstanceOf(Refusal);
    expect(await system.stores.sessions.keys(`${userId}.>`)).toEqual([]);
  });

  test('garbage is refused', async () => {
    const garbage = ['', 'x', '..', `${randomUUID()}.${randomUUID()}.${'x'.repeat(43)}`, '*.>.x'];
    expect(await outcomes(garbage.map((token) => system.commands.accounts.refresh(token)))).toEqual(
      garbage.map(() => 'AUTH_TOKEN_INVALID'),
    );
  });
});
