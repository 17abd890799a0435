import { type ChatEvent, isFramed } from '@kuraxx/domain';
import { type EventLog, formatPosition, type LogRecord, memoryEventLog } from '@kuraxx/event-store';
import { createFileLinks } from '@kuraxx/file-links';
import { type Arbitrary, array, assert, asyncProperty, constant, nat, oneof, record } from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Audience } from './audience.ts';
import { createCounts } from './counts.ts';
import { createHistory, type History } from './history.ts';
import { defaultLimits } from './limits.ts';
import { createNameKeeper } from './name-keeper.ts';
import { ReplayStopped, replay } from './replay.ts';
import { memberAdded, memberRemoved, messageSent, roomUpdated } from './room.fixture.ts';
import { openRoomChannel, type RoomChannel } from './room-channel.ts';
import { sessionOf } from './session.fixture.ts';
import type { Session } from './session.ts';
import { createTails } from './tail.ts';

/** Nobody's account is deleted. */
const names = createNameKeeper({ peekDeleted: () => false, isDeleted: async () => false });

const logger = pino({ level: 'silent' });
const { outgoing } = createFileLinks('a secret that is known to this test alone', 'http://files.test');
const roomId = '0d9a2b8e-6f54-4e0e-9d39-0f5f6f3f9f11';
/** So small that every bound is met. */
const limits = {
  ...defaultLimits,
  tailFrames: 2,
  tailBytes: 2_000,
  stretchEvents: 3,
  historyBytes: 3_000,
  historyReads: 1,
  replayUnsentBytes: 1_500,
};

type Step =
  | { readonly kind: 'write'; readonly count: number }
  | { readonly kind: 'update' }
  | { readonly kind: 'come back'; readonly to: number }
  | { readonly kind: 'remove' }
  | { readonly kind: 'drain' }
  | { readonly kind: 'turns'; readonly count: number };

const step: Arbitrary<Step> = oneof(
  record({ kind: constant('write' as const), count: nat({ max: 6 }) }),
  record({ kind: constant('update' as const) }),
  record({ kind: constant('come back' as const), to: nat() }),
  record({ kind: constant('come back' as const), to: nat() }),
  record({ kind: constant('remove' as const) }),
  record({ kind: constant('drain' as const) }),
  record({ kind: constant('turns' as const), count: nat({ max: 6 }) }),
);

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A log whose live feed brings what was stored some turns later, as a real one does. */
const slowLog = (turnsLate: number): EventLog => {
  const memory = memoryEventLog({ roomPartitions: 1 });
  return {
    ...memory,
    followRoom: async (room, listener) => {
      let feed = Promise.resolve();
      const late = async (stored: LogRecord): Promise<void> => {
        for (let count = 0; count < turnsLate; count++) await turn();
        listener(stored);
      };
      return memory.followRoom(room, (stored) => {
        feed = feed.then(() => late(stored));
      });
    },
  };
};

type Got = { readonly type: string; readonly position: string; readonly prev: string };
type Reader = {
  readonly userId: string;
  readonly since: string;
  readonly got: Got[];
  drain(): void;
  /** What the answer of the join says, and how many frames came before it. */
  answered?: { readonly after: number; readonly position: string };
  outcome?: 'live' | 'stopped';
};

const audienceOf = (): Audience => {
  const users = new Map<Session, string>();
  return {
    add: (session, userId) => void users.set(session, userId),
    remove: (session) => void users.delete(session),
    of: (userId) => [...users].flatMap(([session, user]) => (user === userId ? [session] : [])),
    all: () => [...users.keys()],
    count: () => users.size,
    publish: (frame) => {
      for (const session of users.keys()) session.send(frame);
    },
    flush: () => undefined,
    publishExcept: () => undefined,
  };
};

/** Somebody who comes back and reads in bursts: what was sent stays unsent until it drains. */
const comeBack = (userId: string, since: string, channel: RoomChannel, log: EventLog, history: History): Reader => {
  const got: Got[] = [];
  let unsent = 0;
  let waiting: (() => void)[] = [];
  const session = sessionOf({
    send(frame) {
      got.push(JSON.parse(frame.toString()));
      unsent += frame.length;
    },
    unsentBytes: () => unsent,
    whenUnsentBelow: () => new Promise((resolve) => void waiting.push(resolve)),
  });
  const reader: Reader = {
    userId,
    since,
    got,
    drain() {
      unsent = 0;
      const all = waiting;
      waiting = [];
      for (const resolve of all) resolve();
    },
  };
  const caughtUp = (): void => {
    channel.audience.add(session, userId);
    reader.answered = { after: got.length, position: channel.position() };
  };
  replay({ session, channel, isEntitled: () => channel.isMember(userId), caughtUp }, since, {
    log,
    history,
    names,
    outgoing,
    limits,
    counts: createCounts(),
  }).then(
    () => void (reader.outcome = 'live'),
    (error: unknown) => {
      if (!(error instanceof ReplayStopped)) throw error;
      reader.outcome = 'stopped';
    },
  );
  return reader;
};

test('whoever comes back whenever and reads however slowly gets every frame once, in order, chained, and none above a removal', async () => {
  await assert(
    asyncProperty(
      array(step, { minLength: 5, maxLength: 60 }),
      nat({ max: 3 }),
      nat({ max: 8 }),
      async (steps, turnsLate, before) => {
        const log = slowLog(turnsLate);
        const meta = { kind: 'room', roomId, aspect: 'meta' } as const;
        const positions: string[] = [];
        const store = async (aspect: 'meta' | 'msg', event: ChatEvent): Promise<string> => {
          const { position } = await log.append({ ...meta, aspect }, event);
          positions.push(formatPosition(position));
          return formatPosition(position);
        };
        for (const userId of ['ann', 'bob', 'eve']) await store('meta', memberAdded(roomId, userId));
        for (let count = 0; count < before; count++) await store('msg', messageSent(roomId, 'x'));
        const readers: Reader[] = [];
        const removals = new Map<string, string>();
        const channel = await openRoomChannel(roomId, {
          log,
          audienceOf,
          followSignals: () => () => undefined,
          tails: createTails(limits),
          outgoing,
          counts: createCounts(),
          tracing: undefined,
          logger,
          cut: (session) => channel.audience.remove(session),
        });
        const history = createHistory(log, limits, logger);
        for (const next of steps) {
          if (next.kind === 'write')
            for (let count = 0; count < next.count; count++) await store('msg', messageSent(roomId, 'x'));
          else if (next.kind === 'update') await store('meta', roomUpdated(roomId));
          else if (next.kind === 'come back') {
            const userId = removals.has('bob') || next.to % 2 === 0 ? 'ann' : 'bob';
            readers.push(comeBack(userId, positions[next.to % positions.length] ?? '', channel, log, history));
          } else if (next.kind === 'remove' && !removals.has('bob'))
            removals.set('bob', await store('meta', memberRemoved(roomId, 'bob')));
          else if (next.kind === 'drain') for (const reader of readers) reader.drain();
          else if (next.kind === 'turns') for (let count = 0; count < next.count; count++) await turn();
        }
        const last = await store('msg', messageSent(roomId, 'end'));
        for (let count = 0; count < 5_000; count++) {
          const isDone = ({ userId, outcome, got }: Reader) =>
            outcome === 'stopped' || got.at(-1)?.position === (removals.get(userId) ?? last);
          if (readers.every(isDone)) break;
          for (const reader of readers) reader.drain();
          await turn();
        }
        const framed: string[] = [];
        for await (const stored of log.readRoom(roomId, { after: 0, upTo: Number.MAX_SAFE_INTEGER }))
          if (stored.type !== undefined && isFramed(stored.type)) framed.push(formatPosition(stored.position));
        const sequence = (position: string): number => Number(position.split('.')[2]);
        for (const { userId, since, got, outcome, answered } of readers) {
          const end = userId === 'bob' ? removals.get('bob') : undefined;
          const due = framed.filter(
            (position) =>
              sequence(position) > sequence(since) && (end === undefined || sequence(position) <= sequence(end)),
          );
          const came = got.map(({ position }) => position);
          // Who was removed during the replay is told so by the refusal of the join, and has a part of what led to it.
          expect(came).toEqual(outcome === 'stopped' && end !== undefined ? due.slice(0, came.length) : due);
          let seen = since;
          for (const [index, { prev, position }] of got.entries()) {
            // The answer names the room's last frame, which may lie before a `since` that is no frame's.
            if (answered?.after === index) seen = answered.position;
            expect(prev).toBe(prev === null && position === framed[0] ? null : seen); // live, the room's first names none
            seen = position;
          }
          if (answered !== undefined && answered.after > 0)
            expect(answered.position).toBe(got[answered.after - 1]?.position);
        }
      },
    ),
    { numRuns: 300 },
  );
});
