import { expect, test } from 'vitest';
import type { Happening, Shown } from '../history/records.ts';
import { check, type Recording } from './check.ts';
import type { LogEvent } from './log-event.ts';
import {
  ann,
  at,
  bob,
  cem,
  goodLog,
  goodRecording,
  goodSockets,
  goodWrites,
  logged,
  message,
  record,
  removed,
  roomId,
  sent,
  shown,
  timeAt,
} from './recording.fixture.ts';
import type { Rule } from './violation.ts';

/** What is broken in a run that is like the good one but for some parts, as `rule: what`. */
const broken = (changes: Partial<Recording>): string[] =>
  check({ ...goodRecording, ...changes }).map(({ rule, what }) => `${rule}: ${what}`);
const expectBroken = (changes: Partial<Recording>, rule: Rule, what: string): void =>
  expect(broken(changes)).toContain(`${rule}: ${what}`);

const without = <T extends object>(list: readonly T[], wrong: (one: T) => boolean): T[] =>
  list.filter((one) => !wrong(one));
const changed = <T extends object>(list: readonly T[], which: (one: T) => boolean, change: (one: T) => T): T[] =>
  list.map((one) => (which(one) ? change(one) : one));
const sockets = (happenings: readonly Happening[]): Partial<Recording> => ({
  history: record([...goodWrites, ...happenings]),
});
const writes = (happenings: readonly Happening[]): Partial<Recording> => ({
  history: record([...happenings, ...goodSockets]),
});
const isShown = (conn: number, sequence: number) => (one: Happening) =>
  one.type === 'frame' && one.conn === conn && one.position === at(sequence);

test('a run in which all went well has no violations', () => expect(check(goodRecording)).toEqual([]));

test('every violation names its evidence', () => {
  const [violation] = check({ ...goodRecording, log: goodLog.slice(0, 8) }).filter(({ rule }) => rule === 'sequence');
  expect(violation?.evidence.length).toBeGreaterThan(0);
});

test('an acknowledged send that is not in the log', () =>
  expectBroken(
    { log: without(goodLog, ({ sequence }) => sequence === 2) },
    'acknowledged',
    'an acknowledged send is not in the log',
  ));

test('an acknowledged edit that is not in the log', () =>
  expectBroken(
    { log: without(goodLog, ({ sequence }) => sequence === 4) },
    'acknowledged',
    'an acknowledged edit is not in the log',
  ));

const firstAttempt = (change: Partial<Extract<Happening, { type: 'attempt' }>>) =>
  writes(goodWrites.map((one, index) => (index === 1 && one.type === 'attempt' ? { ...one, ...change } : one)));

test('a send that was acknowledged at another position', () =>
  expectBroken(
    firstAttempt({ position: at(7) }),
    'acknowledged',
    'a send was acknowledged at the position of another event',
  ));

test('a send that was acknowledged at a position that is not there', () =>
  expectBroken(
    firstAttempt({ position: at(99) }),
    'acknowledged',
    "a send was acknowledged at a position that the log doesn't have",
  ));

test('a repeated send that was acknowledged under another id', () =>
  expectBroken(
    firstAttempt({ messageId: 'm7' }),
    'acknowledged',
    'a send was acknowledged under the id of another message',
  ));

test('a join that was acknowledged and is not where it was said to be', () =>
  expectBroken(
    { log: without(goodLog, ({ sequence }) => sequence === 8) },
    'acknowledged',
    "a join was acknowledged at a position that the log doesn't have",
  ));

test('a send without a known outcome that is in the log twice', () => {
  const twice = sent(10, ann, 'three', 't7');
  expectBroken({ log: [...goodLog, twice] }, 'once', 'a write is in the log twice');
});

test('an event id and a message id that are in the log twice', () => {
  const again: LogEvent = { ...sent(10, ann, 'other', 't10'), eventId: 'id 7' };
  expectBroken({ log: [...goodLog, again] }, 'once', 'an event id is in the log twice');
  const same = logged(10, { type: 'MessageSent', data: { message: message(10, cem, 'x', 'm9'), tempId: 't10' } });
  expectBroken({ log: [...goodLog, same] }, 'once', 'two events make the same message');
});

test('a refused send that is in the log', () =>
  expectBroken(firstAttempt({ outcome: 'refused', said: '403' }), 'refused', 'a refused write is in the log'));

test('a send that was refused only after an unknown outcome may be in the log', () => {
  const unknown = firstAttempt({ outcome: 'unknown', said: '503' });
  const history = [
    ...(unknown.history ?? []),
    ...record([{ type: 'attempt', op: 1, over: 'rest 0', askedAt: 0, outcome: 'refused', said: '403' }]),
  ];
  expect(broken({ history })).toEqual([]);
});

test.each<[string, LogEvent]>([
  ['somebody went who was not in', removed(10, 'dan', ann)],
  ['a room was created twice', { ...logged(10, goodLog[0]?.event ?? removed(10, bob, ann).event) }],
  [
    'an edit of a message that is deleted or was never there',
    logged(10, { type: 'MessageEdited', data: { message: message(3, bob, 'back again') } }),
  ],
  [
    'a deletion of a message that is deleted or was never there',
    logged(10, { type: 'MessageDeleted', data: { messageId: 'm3', roomId, by: bob, at: '' } }),
  ],
])('an event that can not be: %s', (what, event) => expectBroken({ log: [...goodLog, event] }, 'legal', what));

test('a frame that is left out', () =>
  expectBroken(sockets(without(goodSockets, isShown(1, 4))), 'sequence', '1 frame(s) were left out'));

test('a frame that comes twice', () =>
  expectBroken(
    sockets(goodSockets.flatMap((one) => (isShown(1, 4)(one) ? [one, one] : [one]))),
    'sequence',
    'a frame came again',
  ));

test('frames in another order', () => {
  const swapped = changed(goodSockets, isShown(1, 4), () => shown(1, 5, 4));
  expectBroken(sockets(swapped), 'sequence', '1 frame(s) were left out');
});

test('a wrong prev', () =>
  expectBroken(
    sockets(changed(goodSockets, isShown(1, 4), () => shown(1, 4, 2))),
    'sequence',
    'prev is not the position of the frame before',
  ));

test('a frame that shows something else than the log has there', () => {
  const other = changed(goodSockets, isShown(1, 4), (one) => ({ ...one, content: 'another text' }));
  expectBroken(sockets(other), 'sequence', 'a frame is not the event at its position: another message or text');
});

test('a frame with a position that is not in the log', () => {
  const other = changed(goodSockets, isShown(1, 9), (one) => ({ ...one, position: at(99) }));
  expectBroken(sockets(other), 'sequence', 'a frame has a position that the log does not have');
});

test('a resume that leaves out its last frame', () =>
  expectBroken(
    sockets(without(goodSockets, isShown(2, 8))),
    'sequence',
    'a resume was answered before all that was missed had come',
  ));

test('a last frame that never comes', () =>
  expectBroken(
    sockets(without(goodSockets, isShown(1, 9))),
    'sequence',
    `1 frame(s) never came (connection 1 of ${cem})`,
  ));

test('history that is refused without need', () => {
  const reset = changed(
    goodSockets,
    (one) => one.type === 'entered' && one.position === at(8),
    (one) => ({ ...one, reset: true }),
  );
  expectBroken(sockets(reset), 'sequence', 'history was refused (reset) although the log has it');
});

test('a frame above the removal that reaches the removed', () => {
  const late = goodSockets.flatMap((one) => (isShown(1, 7)(one) ? [one, shown(2, 7, 6)] : [one]));
  expectBroken(sockets(late), 'cut', 'a frame reached somebody who was not in the room any more');
});

test('somebody who is let in without being a member', () => {
  const early: Happening[] = goodSockets.flatMap((one) =>
    isShown(1, 7)(one)
      ? [
          { type: 'asked', conn: 2, roomId, since: null },
          { type: 'entered', conn: 2, roomId, position: at(6), reset: false },
          { type: 'left', conn: 2, roomId },
          one,
        ]
      : [one],
  );
  expectBroken(sockets(early), 'cut', 'somebody was let in who was not in the room');
});

test('history that is shown, and a message that is taken, after the removal was acknowledged', () => {
  // bob's removal (event 6) is answered at the time of record 9, and he comes back with event 8
  const history = record([...goodWrites, ...goodSockets]).map((one) =>
    one.type === 'attempt' && one.position === at(6) ? { ...one, at: timeAt(7) - 50 } : one,
  );
  const asked = { askedAt: timeAt(7), at: timeAt(7) + 50, n: 1000 };
  const read = { type: 'read', userId: bob, roomId, status: 200, ...asked } as const;
  expectBroken({ history: [...history, read] }, 'cut', 'history was shown to somebody who was not in the room');
  expect(broken({ history: [...history, { ...read, status: 403 }] })).toEqual([]);
  expect(broken({ history: [...history, { ...read, at: timeAt(8) + 50 }] })).toEqual([]); // he was back by then
  const log = goodLog.map((event) => (event.sequence === 7 ? sent(7, bob, 'three', 't7') : event));
  const wish = {
    type: 'write',
    op: 9,
    userId: bob,
    n: 1000,
    at: timeAt(7),
    write: { kind: 'send', roomId, tempId: 't7', content: 'three' },
  } as const;
  const taken = {
    type: 'attempt',
    op: 9,
    over: 'rest 1',
    outcome: 'acknowledged',
    said: '201',
    messageId: 'm7',
    position: at(7),
    ...asked,
  } as const;
  expectBroken(
    { log, history: [...history, wish, taken] },
    'cut',
    'a message was taken from somebody who was not in the room',
  );
});

test('the answer to a repeated send stands outside of the sequence, and may show an edit', () => {
  const repeated: Happening = {
    type: 'frame',
    conn: 1,
    roomId,
    frame: 'message:saved',
    position: at(2),
    prev: null,
    direct: true,
    messageId: 'm2',
    content: 'one, edited',
  };
  const history = goodSockets.flatMap((one) => (isShown(1, 9)(one) ? [repeated, one] : [one]));
  expect(broken(sockets(history))).toEqual([]);
});

test('a page that lacks a message, doubles one, or shows it as it was', () => {
  const what = (index: number): string =>
    `message ${index} of the history of room room, as bob reads it, is not the log's`;
  const edit = (change: (messages: Shown[]) => Shown[]): Partial<Recording> => ({
    history: goodRecording.history.map((one) =>
      one.type === 'pages' && one.userId === bob ? { ...one, messages: change([...one.messages]) } : one,
    ),
  });
  expectBroken(
    edit((messages) => messages.toSpliced(1, 1)),
    'pages',
    what(1),
  );
  expectBroken(
    edit((messages) => [...messages, ...messages.slice(-1)]),
    'pages',
    what(4),
  );
  expectBroken(
    edit((messages) => messages.map((one) => (one.id === 'm2' ? { ...one, content: 'one' } : one))),
    'pages',
    what(3),
  );
});

test('rows that are missing, doubled or other than the log', () => {
  const { rows } = goodRecording;
  const wrong = 'the messages of the read model are not those of the log';
  expectBroken({ rows: { ...rows, messages: rows.messages.slice(1) } }, 'rows', wrong);
  expectBroken({ rows: { ...rows, messages: [...rows.messages, ...rows.messages.slice(0, 1)] } }, 'rows', wrong);
  const edited = changed(
    rows.messages,
    ({ id }) => id === 'm2',
    (one) => ({ ...one, content: 'one' }),
  );
  expectBroken({ rows: { ...rows, messages: edited } }, 'rows', wrong);
  const alive = changed(
    rows.messages,
    ({ id }) => id === 'm3',
    (one) => ({ ...one, isDeleted: false }),
  );
  expectBroken({ rows: { ...rows, messages: alive } }, 'rows', wrong);
  expectBroken(
    { rows: { ...rows, members: rows.members.slice(1) } },
    'rows',
    'the members of the read model are not those of the log',
  );
  const counted = rows.rooms.map((room) => ({ ...room, messageCount: room.messageCount + 1 }));
  expectBroken({ rows: { ...rows, rooms: counted } }, 'rows', 'the rooms of the read model are not those of the log');
});

test('a replay that gives other rows', () =>
  expectBroken(
    { replayed: new Map([['messages', ['{"id": 1}']]]) },
    'replay',
    'the table messages is not what a replay of the log gives',
  ));

test('an internal error', () =>
  expectBroken(
    { history: [...goodRecording.history, ...record([{ type: 'trouble', where: 'api', what: 'a stack trace' }])] },
    'answers',
    'a stack trace',
  ));
