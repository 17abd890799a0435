import { Unavailable } from '@kuraxx/event-store';
import { eventually } from '@kuraxx/testing';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { sessionOf } from './session.fixture.ts';
import type { Session } from './session.ts';
import { createSignOuts, type SignIn } from './sign-outs.ts';

const logger = pino({ level: 'silent' });
const ann = { userId: 'ann', sessionId: 'phone' };

/** Sockets as data; `ended` sessions are signed out, and `ask` can be held up. */
const world = (...signIns: SignIn[]) => {
  const closed: number[] = [];
  const ended = new Set<string>();
  let answer = Promise.resolve();
  const sockets: Session[] = signIns.map(({ userId, sessionId }, index) =>
    sessionOf({
      identity: { userId, sessionId, username: userId, expiresAtMs: 0 },
      end: (code) => void (code === 4202 && closed.push(index)),
    }),
  );
  const signOuts = createSignOuts({
    isSignedIn: async ({ sessionId }) => {
      const goesOn = !ended.has(sessionId); // as of the call
      await answer;
      return goesOn;
    },
    socketsOf: (userId) => sockets.filter(({ identity }) => identity?.userId === userId),
    sockets: () => sockets,
    logger,
  });
  const hold = () => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    answer = promise;
    return { resolve, reject };
  };
  return { signOuts, closed, ended, hold };
};

test('a sign-out ends the sockets of its sessions, and leaves those of others and of later ones', () => {
  const { signOuts, closed } = world(ann, { userId: 'ann', sessionId: 'new' }, { userId: 'bob', sessionId: 'phone' });
  signOuts.heard({ userId: 'ann', sessionIds: ['phone', 'laptop'] });
  expect(closed).toEqual([0]);
});

test('one without sessions is about all of them', () => {
  const { signOuts, closed } = world(ann, { userId: 'ann', sessionId: 'new' }, { userId: 'bob', sessionId: 'phone' });
  signOuts.heard({ userId: 'ann' });
  expect(closed).toEqual([0, 1]);
});

test('who is signed in is let in, who is signed out is not', async () => {
  const { signOuts, ended } = world();
  await signOuts.admit(ann);
  ended.add('phone');
  await expect(signOuts.admit(ann)).rejects.toMatchObject({ code: 'AUTH_TOKEN_INVALID' });
});

test.each([{ userId: 'ann' }, { userId: 'ann', sessionIds: ['phone'] }])(
  'a sign-out that passes while it is asked turns away: %j',
  async (what) => {
    const { signOuts, hold } = world();
    const { resolve } = hold();
    const [admitted, other] = [signOuts.admit(ann), signOuts.admit({ userId: 'bob', sessionId: 'b' })];
    signOuts.heard(what); // the question was asked before, and says yes
    resolve();
    await expect(admitted).rejects.toMatchObject({ code: 'AUTH_TOKEN_INVALID' });
    await other;
  },
);

test('after an outage every session is asked for once, and those that ended meanwhile lose their sockets', async () => {
  const laptop = { userId: 'ann', sessionId: 'laptop' };
  const { signOuts, closed, ended } = world(ann, laptop, ann);
  ended.add('phone');
  await signOuts.checkAll();
  expect(closed).toEqual([0, 2]);
});

test('when the sessions can not be asked for, it is tried again', async () => {
  const { signOuts, closed, ended, hold } = world(ann);
  ended.add('phone');
  hold().reject(new Unavailable('away'));
  await signOuts.checkAll();
  expect(closed).toEqual([]);
  hold().resolve();
  await eventually(() => expect(closed).toEqual([0]));
  signOuts.close();
});
