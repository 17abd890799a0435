import { expect, test, vi } from 'vitest';
import { ApiError, Unreachable } from './errors.ts';
import { createSessions, type Session, type SessionStore, type Tokens } from './session.ts';
import { memorySession } from './session-stores.ts';

const user = { id: 'u1', username: 'mira' };
let made = 0;
const tokens = (expiresIn = 900_000): Tokens => {
  made++;
  return { accessToken: `access-${made}`, refreshToken: `refresh-${made}`, expiresIn };
};
const refused = (): ApiError => new ApiError({ status: 401, code: 'AUTH_TOKEN_INVALID', message: '' });

/** A server on which each refresh token is good for one trade. */
const server = (first: Tokens) => {
  let good = first.refreshToken;
  const traded: string[] = [];
  const trade = async (refreshToken: string): Promise<Tokens> => {
    traded.push(refreshToken);
    if (refreshToken !== good) throw refused();
    const next = tokens();
    good = next.refreshToken;
    return next;
  };
  return { trade, traded };
};

test('whoever asks at once for a new token gets the same one, by one trade', async () => {
  const first = tokens();
  const { trade, traded } = server(first);
  const sessions = createSessions(memorySession(), trade, () => undefined);
  await sessions.begin(user, first);
  expect(await sessions.accessToken()).toBe(first.accessToken);
  const got = await Promise.all(Array.from({ length: 20 }, () => sessions.accessToken(first.accessToken)));
  expect(new Set(got).size).toBe(1);
  expect(got[0]).not.toBe(first.accessToken);
  expect(traded).toEqual([first.refreshToken]);
  expect(await sessions.accessToken(first.accessToken)).toBe(got[0]); // who comes later with the old one needs no trade either
  expect(traded).toHaveLength(1);
});

test('a token is renewed before it expires', async () => {
  const first = tokens(1_000);
  const { trade, traded } = server(first);
  const sessions = createSessions(memorySession(), trade, () => undefined);
  await sessions.begin(user, first);
  await sessions.accessToken();
  expect(traded).toHaveLength(0);
  vi.useFakeTimers({ now: Date.now() + 850 });
  try {
    await sessions.accessToken();
    expect(traded).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});

test('sharers of a store trade once for all, and hear of the end', async () => {
  const store = memorySession();
  const first = tokens();
  const { trade, traded } = server(first);
  const ends: (Session | undefined)[] = [];
  const [one, two] = [
    createSessions(store, trade, () => undefined),
    createSessions(store, trade, (session) => ends.push(session)),
  ];
  await one.begin(user, first);
  await two.restore();
  const got = await Promise.all([one.accessToken(first.accessToken), two.accessToken(first.accessToken)]);
  expect(got[0]).toBe(got[1]);
  expect(traded).toHaveLength(1);
  await one.end();
  await vi.waitFor(() => expect(two.current()).toBeUndefined());
  expect(ends.at(-1)).toBeUndefined();
  await expect(two.accessToken()).rejects.toMatchObject({ name: 'SignedOut' });
});

test('without a lock, who comes second waits for what the first has got', async () => {
  const shared = memorySession();
  const unlocked: SessionStore = { ...shared, exclusively: (work) => work() };
  const first = tokens();
  const { trade, traded } = server(first);
  const one = createSessions(unlocked, trade, () => undefined);
  const two = createSessions(unlocked, trade, () => undefined);
  await one.begin(user, first);
  await two.restore();
  const got = await Promise.all([one.accessToken(first.accessToken), two.accessToken(first.accessToken)]);
  expect(got[0]).toBe(got[1]);
  expect(traded).toEqual([first.refreshToken, first.refreshToken]); // the second was refused, and nobody was signed out
  expect(one.current()?.userId).toBe('u1');
});

test('a refused session is over, here and for the other sharers; an unreachable server ends nothing', async () => {
  const store = memorySession();
  const answers = [new Unreachable('away'), refused()];
  const sessions = createSessions(
    store,
    () => Promise.reject(answers.shift() ?? refused()),
    () => undefined,
  );
  const first = tokens();
  await sessions.begin(user, first);
  await expect(sessions.accessToken(first.accessToken)).rejects.toMatchObject({ name: 'Unreachable' });
  expect(sessions.current()?.userId).toBe('u1');
  await expect(sessions.accessToken(first.accessToken)).rejects.toMatchObject({ name: 'SignedOut' });
  expect(sessions.current()).toBeUndefined();
  expect(await store.read()).toBeUndefined();
});
