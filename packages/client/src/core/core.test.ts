import type { ServerFrame } from '@kuraxx/contracts';
import { expect, test } from 'vitest';
import { createCore } from './core.ts';
import type { CoreEvent } from './events.ts';
import type { Effect, Input, Outgoing } from './io.ts';
import { somebody, userId } from './model-server.fixture.ts';
import { defaultRules, type Rules } from './rules.ts';

const roomId = '11ab0000-0000-4000-8000-000000000001';

/** A core at a time that the test sets. Chance always picks the longest pause. */
const start = (rules: Partial<Rules> = {}) => {
  const core = createCore({ ...defaultRules, ...rules });
  let nowMs = 0;
  const input = (one: Input): readonly Effect[] => core.handle(one, { nowMs, random: () => 0.999_999 });
  const frame = (type: string, payload: object, more: object = {}): readonly Effect[] => {
    const made: ServerFrame = JSON.parse(JSON.stringify({ type, payload, timestamp: 0, ...more }));
    return input({ type: 'frame', frame: made });
  };
  const online = (): readonly Effect[] => {
    input({ type: 'token', token: 't1' });
    input({ type: 'opened' });
    return frame('authenticated', { userId, username: 'mira' }, { requestId: 'authenticate' });
  };
  const connect = (): readonly Effect[] => {
    input({ type: 'connect' });
    return online();
  };
  /** Lets time pass, to the next thing to do or by so much. @returns what was done */
  const wait = (ms?: number): readonly Effect[] => {
    nowMs = ms === undefined ? (core.wakeAtMs() ?? nowMs) : nowMs + ms;
    return input({ type: 'wake' });
  };
  return { core, input, frame, wait, now: () => nowMs, online, connect };
};

const sent = (effects: readonly Effect[]): Outgoing[] =>
  effects.flatMap((effect) => (effect.type === 'transmit' ? [effect.frame] : []));
const told = (effects: readonly Effect[]): CoreEvent[] =>
  effects.flatMap((effect) => (effect.type === 'tell' ? [effect.event] : []));
const phases = (effects: readonly Effect[]): string[] =>
  told(effects).flatMap((event) => (event.type === 'connection' ? [event.connection.phase] : []));
const kinds = (effects: readonly Effect[]): string[] => effects.map(({ type }) => type);

test('it asks for a token, opens, authenticates, and then enters its rooms', () => {
  const { input, frame } = start();
  input({ type: 'enter', roomId });
  expect(input({ type: 'connect' })).toContainEqual({ type: 'token', renew: false });
  expect(kinds(input({ type: 'token', token: 't1' }))).toEqual(['open']);
  expect(sent(input({ type: 'opened' }))).toMatchObject([{ type: 'authenticate', payload: { token: 't1' } }]);
  const online = frame('authenticated', { userId, username: 'mira' }, { requestId: 'authenticate' });
  expect(phases(online)).toEqual(['online']);
  expect(sent(online)).toMatchObject([{ type: 'room:join', payload: { roomId } }]);
});

test('what was seen is resumed together, 500 rooms a frame, and what was not is joined', () => {
  const { input, connect } = start();
  for (let index = 0; index < 501; index++) input({ type: 'enter', roomId: `r${index}`, since: `k.0.${index}` });
  input({ type: 'enter', roomId });
  const frames = sent(connect());
  expect(frames.map(({ type }) => type)).toEqual(['room:join', 'resume', 'resume']);
  const sizes = frames.flatMap((one) => (one.type === 'resume' ? [Object.keys(one.payload.rooms).length] : []));
  expect(sizes).toEqual([500, 1]);
});

test.each([
  [1012, false],
  [1006, false],
  [4100, false],
  [4199, false],
  [4200, true],
  [4201, true],
  [4202, true],
  [4299, true],
])('after close code %i it comes back; with a new token: %s', (code, renews) => {
  const { input, connect, wait } = start();
  connect();
  expect(phases(input({ type: 'closed', code }))).toEqual(['waiting']);
  expect(wait()).toContainEqual({ type: 'token', renew: renews });
});

test.each([
  [4300, 'turned-away'],
  [4301, 'turned-away'],
  [4399, 'turned-away'],
])('after close code %i it stays away: %s', (code, reason) => {
  const { core, input, connect } = start();
  connect();
  expect(told(input({ type: 'closed', code }))).toMatchObject([{ connection: { phase: 'over', reason, code } }]);
  expect(core.wakeAtMs()).toBeUndefined();
  expect(phases(input({ type: 'connect' }))).toEqual(['connecting']); // until it is told to
});

test('pauses double up to a bound, and start anew after a connection that has lasted', () => {
  const { input, connect, online, wait, now } = start({ reconnect: { baseMs: 100, maxMs: 1_000 }, quietMs: 1e9 });
  connect();
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 6; attempt++) {
    input({ type: 'closed', code: 1006 });
    const before = now();
    wait();
    pauses.push(now() - before);
    online();
  }
  expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  wait(10_000);
  input({ type: 'closed', code: 1006 });
  const before = now();
  wait();
  expect(now() - before).toBe(100);
});

test('a refused token is renewed once; refused again, it waits and renews', () => {
  const { input, frame, wait } = start();
  input({ type: 'connect' });
  input({ type: 'token', token: 't1' });
  input({ type: 'opened' });
  const refused = { code: 'AUTH_FAILED', message: '' };
  expect(frame('error', refused, { requestId: 'authenticate' })).toEqual([{ type: 'token', renew: true }]);
  expect(sent(input({ type: 'token', token: 't2' }))).toMatchObject([{ payload: { token: 't2' } }]);
  expect(kinds(frame('error', refused, { requestId: 'authenticate' }))).toEqual(['close', 'tell']);
  expect(wait()).toContainEqual({ type: 'token', renew: true });
});

test('without a session it is over; without an answer it tries again', () => {
  const ended = start();
  ended.input({ type: 'connect' });
  expect(phases(ended.input({ type: 'no-token', ended: true }))).toEqual(['over']);
  const away = start();
  away.input({ type: 'connect' });
  expect(phases(away.input({ type: 'no-token', ended: false }))).toEqual(['waiting']);
});

test('an expired token is renewed over the same connection', () => {
  const { input, frame, connect } = start();
  connect();
  expect(frame('token:expired', { closesInMs: 30_000 })).toEqual([{ type: 'token', renew: true }]);
  expect(sent(input({ type: 'token', token: 't2' }))).toMatchObject([
    { type: 'authenticate', payload: { token: 't2' } },
  ]);
  expect(told(frame('authenticated', { userId, username: 'mira' }, { requestId: 'authenticate' }))).toEqual([]);
});

test('a gateway that is about to stop is left when it says', () => {
  const { frame, connect, wait, now } = start();
  connect();
  frame('reconnect', { afterMs: 700 });
  const left = wait();
  expect(now()).toBe(700);
  expect(kinds(left)).toEqual(expect.arrayContaining(['close', 'token']));
});

test('silence is asked about, and without an answer the connection is given up', () => {
  const { frame, connect, wait, now } = start({ quietMs: 1_000, answerMs: 500 });
  connect();
  expect(sent(wait())).toMatchObject([{ type: 'resume', payload: { rooms: {} } }]);
  frame('resumed', { joined: [], refused: {} }, { requestId: 'probe' });
  expect(sent(wait())).toMatchObject([{ type: 'resume' }]);
  expect(now()).toBe(2_000);
  expect(kinds(wait())).toEqual(['close', 'tell']);
  expect(now()).toBe(2_500);
});

test('a socket that neither opens nor answers is given up', () => {
  const { input, wait } = start({ handshakeMs: 300 });
  input({ type: 'connect' });
  input({ type: 'token', token: 't1' });
  expect(phases(wait())).toEqual(['waiting']);
});

test('a room that refuses is over, one that can’t now is asked again', () => {
  const { input, frame, connect, wait } = start();
  connect();
  const request = sent(input({ type: 'enter', roomId }))[0]?.requestId;
  const passing = { code: 'SERVICE_UNAVAILABLE', message: '', retryAfterMs: 3_000 };
  expect(told(frame('error', passing, { requestId: request }))).toEqual([]);
  const again = sent(wait());
  expect(again).toMatchObject([{ type: 'room:join' }]);
  const over = frame('error', { code: 'NOT_IN_ROOM', message: '' }, { requestId: again[0]?.requestId });
  expect(told(over)).toEqual([{ type: 'room', roomId, event: { type: 'over', reason: 'refused' } }]);
});

test('rooms that resume leaves out or refuses don’t wait for ever', () => {
  const { input, frame, connect, wait } = start();
  input({ type: 'enter', roomId: 'r1', since: 'k.0.1' });
  input({ type: 'enter', roomId: 'r2', since: 'k.0.1' });
  const requestId = sent(connect())[0]?.requestId;
  const answered = frame('resumed', { joined: [], refused: { r1: 'NOT_IN_ROOM' } }, { requestId });
  expect(told(answered)).toEqual([{ type: 'room', roomId: 'r1', event: { type: 'over', reason: 'refused' } }]);
  expect(sent(wait())).toMatchObject([{ type: 'resume', payload: { rooms: { r2: 'k.0.1' } } }]);
});

test('a reset is told, and what comes after it fits', () => {
  const { input, frame, connect } = start();
  input({ type: 'enter', roomId, since: 'old.0.7' });
  connect();
  const reset = frame('room:join', { roomId, success: true, position: 'new.0.3', reset: true });
  expect(told(reset)).toEqual([{ type: 'room', roomId, event: { type: 'reset' } }]);
  const deleted = frame('message:delete', { messageId: 'm' }, { position: 'new.0.4', prev: 'new.0.3', roomId });
  expect(told(deleted)).toMatchObject([{ event: { type: 'deleted', messageId: 'm' } }]);
});

test('a replay that ends before the room does is asked for once more, then it is a reset', () => {
  const { input, frame, connect } = start();
  connect();
  input({ type: 'enter', roomId });
  frame('room:join', { roomId, success: true, position: 'k.0.1' }, { requestId: 'enter-1' });
  frame('message:delete', { messageId: 'm' }, { position: 'k.0.2', prev: 'k.0.1', roomId });
  const hole = frame('message:delete', { messageId: 'm' }, { position: 'k.0.9', prev: 'k.0.8', roomId });
  expect(sent(hole)).toMatchObject([{ type: 'resume', payload: { rooms: { [roomId]: 'k.0.2' } } }]);
  const once = frame('room:join', { roomId, success: true, position: 'k.0.9' });
  expect(sent(once)).toMatchObject([{ type: 'resume' }]);
  const twice = frame('room:join', { roomId, success: true, position: 'k.0.9' });
  expect(told(twice)).toMatchObject([{ event: { type: 'reset' } }]);
});

const message = (id: string, senderId: string) => ({ id, roomId, senderId, content: '' });
const send = (tempId: string): Input => ({
  type: 'send',
  send: { tempId, roomId, senderId: userId, content: tempId, type: 'TEXT' },
});

/** Online in one room that is live. */
const inRoom = (rules: Partial<Rules> = {}) => {
  const one = start(rules);
  one.connect();
  one.input({ type: 'enter', roomId });
  one.frame('room:join', { roomId, success: true, position: 'k.0.1' }, { requestId: 'enter-1' });
  return one;
};

test('the next message of a room waits for the one before it', () => {
  const { input, frame } = inRoom();
  expect(sent(input(send('t1')))).toMatchObject([{ payload: { tempId: 't1' } }]);
  expect(sent(input(send('t2')))).toEqual([]);
  const saved = { message: message('m1', userId), tempId: 't1' };
  const stored = frame('message:saved', saved, { position: 'k.0.2', prev: 'k.0.1', roomId });
  expect(told(stored).map(({ type }) => type)).toEqual(['stored', 'room']);
  expect(sent(stored)).toMatchObject([{ payload: { tempId: 't2' } }]);
});

test('somebody else’s message under our tempId acknowledges nothing', () => {
  const { input, frame } = inRoom();
  input(send('t1'));
  const saved = { message: message('m1', somebody), tempId: 't1' };
  const foreign = frame('message:saved', saved, { position: 'k.0.2', prev: 'k.0.1', roomId });
  expect(told(foreign).map(({ type }) => type)).toEqual(['room']);
});

test('an unanswered send goes out again, the same; a repetition that was stored before is acknowledged, not shown again', () => {
  const { input, frame, wait } = inRoom({ acknowledgeWithinMs: 2_000, quietMs: 1e9 });
  const first = sent(input(send('t1')));
  expect(sent(wait())).toEqual(first);
  const saved = { message: message('m1', userId), tempId: 't1' };
  const again = frame('message:saved', saved, { position: 'k.0.1', prev: null, roomId, requestId: 't1' });
  expect(told(again).map(({ type }) => type)).toEqual(['stored']);
});

test('what passes is waited for, what may pass is tried a few times, the rest is refused', () => {
  const { input, frame, wait } = inRoom({ maxStumbles: 3, quietMs: 1e9 });
  input(send('t1'));
  for (let round = 0; round < 20; round++) {
    expect(told(frame('error', { code: 'SERVICE_UNAVAILABLE', message: '' }, { requestId: 't1' }))).toEqual([]);
    expect(sent(wait())).toHaveLength(1);
  }
  for (let round = 0; round < 2; round++) {
    expect(told(frame('error', { code: 'HANDLER_ERROR', message: '' }, { requestId: 't1' }))).toEqual([]);
    wait();
  }
  const third = told(frame('error', { code: 'HANDLER_ERROR', message: 'no' }, { requestId: 't1' }));
  expect(third).toMatchObject([{ type: 'refused', code: 'HANDLER_ERROR', message: 'no' }]);
  input(send('t2'));
  const invalid = told(frame('error', { code: 'VALIDATION_ERROR', message: '' }, { requestId: 't2' }));
  expect(invalid).toMatchObject([{ type: 'refused', code: 'VALIDATION_ERROR' }]);
});

test('the outbox is bounded', () => {
  const { input } = start({ maxSends: 2 });
  input(send('t1'));
  input(send('t2'));
  expect(told(input(send('t3')))).toMatchObject([{ type: 'refused', code: 'OUTBOX_FULL' }]);
});

test('a room that is not open is entered for what waits to be sent, and left after it', () => {
  const { input, frame, connect } = start();
  input(send('t1'));
  expect(sent(connect())).toMatchObject([{ type: 'room:join', payload: { roomId } }]);
  const entered = frame('room:join', { roomId, success: true, position: 'k.0.1' }, { requestId: 'enter-1' });
  expect(sent(entered)).toMatchObject([{ type: 'message:new' }]);
  const saved = { message: message('m1', userId), tempId: 't1' };
  const stored = frame('message:saved', saved, { position: 'k.0.2', prev: 'k.0.1', roomId });
  expect(sent(stored)).toMatchObject([{ type: 'room:leave' }]);
  expect(told(stored).map(({ type }) => type)).toEqual(['stored']);
});

test('typing is told sparingly, ends by itself, and with a send', () => {
  const { input, wait } = inRoom({ quietMs: 1e9 });
  expect(sent(input({ type: 'typing', roomId })).map(({ type }) => type)).toEqual(['typing:start']);
  expect(sent(input({ type: 'typing', roomId }))).toEqual([]);
  expect(sent(wait()).map(({ type }) => type)).toEqual(['typing:stop']);
  input({ type: 'typing', roomId });
  expect(sent(input(send('t1'))).map(({ type }) => type)).toEqual(['typing:stop', 'message:new']);
});

test('others’ typing ends by itself, with their message, and with the connection', () => {
  const { input, frame, wait } = inRoom({ quietMs: 1e9 });
  const who = { userId: somebody, username: 'tom', roomId, isTyping: true };
  const isTyping = (effects: readonly Effect[]): boolean[] =>
    told(effects).flatMap((one) => (one.type === 'room' && one.event.type === 'typing' ? [one.event.isTyping] : []));
  expect(isTyping(frame('typing:start', who))).toEqual([true]);
  expect(isTyping(frame('typing:start', who))).toEqual([]);
  expect(isTyping(wait())).toEqual([false]);
  frame('typing:start', who);
  const saved = { message: message('m1', somebody) };
  expect(isTyping(frame('message:saved', saved, { position: 'k.0.2', prev: 'k.0.1', roomId }))).toEqual([false]);
  frame('typing:start', who);
  expect(isTyping(input({ type: 'closed', code: 1006 }))).toEqual([false]);
});

test('signing out ends rooms and forgets what waits, for good or for later', () => {
  const { input } = inRoom();
  input(send('t1'));
  const out = input({ type: 'sign-out', forget: true });
  expect(kinds(out)).toContain('drop');
  expect(told(out)).toContainEqual({ type: 'room', roomId, event: { type: 'over', reason: 'signed-out' } });
  const later = inRoom();
  later.input(send('t1'));
  expect(kinds(later.input({ type: 'sign-out', forget: false }))).not.toContain('drop');
});
