import { randomUUID } from 'node:crypto';
import { eventually } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type System, startSystem } from './system.fixture.ts';

type Answer = Awaited<ReturnType<System['send']>>;

let system: System;
beforeAll(async () => {
  system = await startSystem({ apis: 2 });
});
afterAll(() => system?.close());

/** One after the other, at one api and then the other: they count together. */
const wrongTimes = async (times: number, method: string, path: string, options: object): Promise<number[]> => {
  const statuses: number[] = [];
  for (let time = 0; time < times; time++) {
    const answer = await system.apis[time % 2]?.send(method, path, options);
    statuses.push(answer?.status ?? 0);
  }
  return statuses;
};

const logIn = (email: string, password: string) => ({ body: { email, password } });

/**
 * After four wrong guesses: guesses on until that is refused, which is after the fifth one, or on a slow machine, where the first pause of a second
 * is over by then, after one of the next: each makes the pause twice as long.
 *
 * @returns until when the pause lasts at least, as `performance.now()` tells the time
 */
const guessUntilRefused = async (wrongStatus: number, guess: () => Promise<Answer>): Promise<number> => {
  let pausedUntil = 0;
  for (let wrong = 4; ; wrong++) {
    const begun = performance.now();
    const answer = await guess();
    if (answer.status === 429 && wrong >= 5) {
      expect(answer.body).toMatchObject({ success: false, error: { code: 'RATE_LIMITED' } });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(2 ** (wrong - 5));
      return pausedUntil;
    }
    pausedUntil = begun + 1000 * 2 ** (wrong - 4);
    expect(answer.status).toBe(wrongStatus);
    expect(wrong).toBeLessThan(8);
  }
};

test('who mistypes a password four times notices nothing; then it takes time, whether there is such a user or not', async () => {
  const { apis, register, send } = system;
  const ann = await register('ann');
  const somebody = { email: ann.email, millis: 0 };
  const nobody = { email: `nobody-${randomUUID()}@example.org`, millis: 0 };
  for (let round = 0; round < 4; round++) {
    for (const person of [somebody, nobody]) {
      const begun = performance.now();
      const answer = await apis[round % 2]?.send('POST', '/auth/login', logIn(person.email, 'wrong horse'));
      person.millis += performance.now() - begun;
      expect(answer?.status).toBe(401);
    }
  }
  expect(nobody.millis / somebody.millis).toBeGreaterThan(0.5); // without a hash to compare with it would be a hundredth
  expect(nobody.millis / somebody.millis).toBeLessThan(2);
  for (const { email } of [nobody, somebody]) {
    await guessUntilRefused(401, () => send('POST', '/auth/login', logIn(email, 'wrong horse')));
  }
  // the right one waits as well
  await eventually(
    async () => expect((await send('POST', '/auth/login', logIn(ann.email, ann.password))).status).toBe(200),
    { timeoutMs: 20_000 },
  );
  expect(await wrongTimes(4, 'POST', '/auth/login', logIn(ann.email, 'wrong horse'))).toEqual([401, 401, 401, 401]);
  expect((await send('POST', '/auth/login', logIn(ann.email.toUpperCase(), ann.password))).status).toBe(200);
});

test('so it is with the passcode of a room, by user', async () => {
  const { register, createRoom, send } = system;
  const [owner, guesser, friend] = [await register('owner'), await register('guesser'), await register('friend')];
  const { id } = await createRoom(owner.token, { type: 'PRIVATE', passcode: 'sesame' });
  const path = `/rooms/${id}/join`;
  const join = (token: string, body: object) => send('POST', path, { token, body });
  expect(await wrongTimes(4, 'POST', path, { token: guesser.token, body: { passcode: 'open' } })).toEqual([
    403, 403, 403, 403,
  ]);
  const pausedUntil = await guessUntilRefused(403, () => join(guesser.token, { passcode: 'open' }));
  expect(await join(guesser.token, {})).toMatchObject({ status: 403, body: { error: { code: 'ROOM_ACCESS_DENIED' } } });
  const { status } = await join(guesser.token, { passcode: 'sesame' });
  if (performance.now() < pausedUntil) expect(status).toBe(429);
  expect((await join(friend.token, { passcode: 'sesame' })).status).toBe(200);
});

test('right log-ins at once all pass', async () => {
  const { register, send } = system;
  const { email, password } = await register('many');
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => send('POST', '/auth/login', logIn(email, password))),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});

test('sends go on through a flood of log-ins', async () => {
  const { register, createRoom, send } = system;
  const { token } = await register('talker');
  const { id: roomId } = await createRoom(token);
  const sendFor = async (durationMs: number): Promise<number> => {
    const until = Date.now() + durationMs;
    let sent = 0;
    const sender = async (): Promise<void> => {
      while (Date.now() < until) {
        const answer = await send('POST', '/messages/send', { token, body: { roomId, content: 'hello' } });
        expect(answer.status).toBe(201);
        sent += 1;
      }
    };
    await Promise.all(Array.from({ length: 8 }, sender));
    return sent;
  };
  const quiet = await sendFor(1_500);
  let isFlooding = true;
  const answered = new Set<number>();
  const flooder = async (_: unknown, index: number): Promise<void> => {
    for (let round = 0; isFlooding; round++) {
      const { status } = await send(
        'POST',
        '/auth/login',
        logIn(`nobody-${index}-${round}@example.org`, 'wrong horse'),
      );
      answered.add(status);
    }
  };
  const flood = Promise.all(Array.from({ length: 16 }, flooder));
  const flooded = await sendFor(1_500);
  isFlooding = false;
  await flood;
  expect([...answered].filter((status) => ![401, 429, 503].includes(status))).toEqual([]);
  expect(flooded).toBeGreaterThan(quiet / 10);
});
