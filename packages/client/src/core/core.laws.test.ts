import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCore } from './core.ts';
import type { CoreEvent } from './events.ts';
import type { Effect, Input, Outgoing } from './io.ts';
import { createModelServer, type Fault, type SendFault, somebody, userId } from './model-server.fixture.ts';
import { defaultRules } from './rules.ts';

const rooms = ['room-1', 'room-2'] as const;

type Step =
  | { readonly do: 'cut' }
  | { readonly do: 'pass'; readonly up: number; readonly down: number; readonly fault: SendFault }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'others send'; readonly room: number; readonly fault: Fault }
  | { readonly do: 'send'; readonly room: number };

const room = fc.nat({ max: rooms.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'cut' }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      up: fc.nat({ max: 4 }),
      down: fc.nat({ max: 6 }),
      fault: fc.constantFrom<SendFault>('none', 'none', 'refused', 'stored-but-refused'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 15_000 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('others send' as const),
      room,
      fault: fc.constantFrom<Fault>('none', 'none', 'lost', 'doubled', 'swapped'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('send' as const), room }) },
);

/** A core, a server and the pipe between them; time stands still unless a step says otherwise. */
const simulate = (seed: number) => {
  const server = createModelServer();
  const core = createCore(defaultRules);
  const told: CoreEvent[] = [];
  const kept = new Set<string>();
  let upbound: Outgoing[] = [];
  let isConnected = false;
  let nowMs = 1_000_000;
  let state = seed;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  const react = (effect: Effect): void => {
    switch (effect.type) {
      case 'open':
        isConnected = true;
        server.connect();
        return input({ type: 'opened' });
      case 'close':
        isConnected = false;
        upbound = [];
        return server.cut();
      case 'transmit':
        if (!isConnected) throw new Error(`transmitted without a connection: ${JSON.stringify(effect.frame)}`);
        return void upbound.push(effect.frame);
      case 'token':
        return input({ type: 'token', token: 'good' });
      case 'keep':
        return void kept.add(effect.send.tempId);
      case 'drop':
        return void kept.delete(effect.tempId);
      case 'tell':
        return void told.push(effect.event);
    }
  };
  const input = (one: Input): void => {
    for (const effect of core.handle(one, { nowMs, random })) react(effect);
  };
  const pass = (up: number, down: number, fault: SendFault): void => {
    for (const frame of upbound.splice(0, up)) server.receive(frame, fault);
    for (let count = 0; count < down; count++) {
      const frame = server.take();
      if (frame === undefined) return;
      input({ type: 'frame', frame });
    }
  };
  const wait = (ms: number): void => {
    const untilMs = nowMs + ms;
    for (let next = core.wakeAtMs(); next !== undefined && next <= untilMs; next = core.wakeAtMs()) {
      nowMs = Math.max(nowMs + 1, next);
      input({ type: 'wake' });
    }
    nowMs = Math.max(nowMs, untilMs);
  };
  const cut = (): void => {
    if (!isConnected) return;
    isConnected = false;
    upbound = [];
    server.cut();
    input({ type: 'closed', code: 1006 });
  };
  return { server, told, kept, input, pass, wait, cut };
};

test('whatever happens on the way, each room comes complete, in order and once, and each send is stored once, in order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.nat(), (steps, seed) => {
      const { server, told, kept, input, pass, wait, cut } = simulate(seed);
      let sent = 0;
      const sends: { tempId: string; roomId: string }[] = [];
      for (const roomId of rooms) server.append(roomId, somebody, 'before', 'none');
      input({ type: 'connect' });
      for (const roomId of rooms) input({ type: 'enter', roomId });
      for (const one of steps) {
        if (one.do === 'cut') cut();
        else if (one.do === 'pass') pass(one.up, one.down, one.fault);
        else if (one.do === 'wait') wait(one.ms);
        else if (one.do === 'others send') server.append(rooms[one.room] ?? '', somebody, 'hello', one.fault);
        else if (one.do === 'send') {
          const send = { tempId: `t${++sent}`, roomId: rooms[one.room] ?? '' };
          sends.push(send);
          input({ type: 'send', send: { ...send, senderId: userId, content: `mine ${sent}`, type: 'TEXT' } });
        }
      }
      // The network is well again: one more message shows what was lost last, then everything comes to rest
      const heal = (): void => {
        for (let round = 0; round < 60; round++) {
          pass(1_000, 1_000, 'none');
          wait(1_000);
        }
      };
      heal();
      for (const roomId of rooms) server.append(roomId, somebody, 'after', 'none');
      heal();

      for (const roomId of rooms) {
        const events = told.flatMap((event) => (event.type === 'room' && event.roomId === roomId ? [event.event] : []));
        const entered = events.findIndex(({ type }) => type === 'entered');
        expect(events.filter(({ type }) => type === 'entered' || type === 'reset')).toHaveLength(1);
        const seen = events.flatMap((event) => (event.type === 'message' ? [event.position] : []));
        const log = server.logOf(roomId).map(({ position }) => position);
        expect(seen).toEqual(log.slice(log.length - seen.length));
        expect(events.findIndex(({ type }) => type === 'message')).toSatisfy(
          (first: number) => first === -1 || first > entered,
        );
        expect(seen.at(-1)).toBe(log.at(-1));
        const stored = server.logOf(roomId).flatMap(({ payload }) => payload.tempId ?? []);
        expect(stored).toEqual(sends.flatMap((send) => (send.roomId === roomId ? [send.tempId] : [])));
      }
      const acknowledged = told.flatMap((event) => (event.type === 'stored' ? [event.send.tempId] : []));
      expect(acknowledged.toSorted()).toEqual(sends.map(({ tempId }) => tempId).toSorted());
      expect(kept).toEqual(new Set());
    }),
    { numRuns: 400 },
  );
});
