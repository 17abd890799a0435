import { setTimeout as delay } from 'node:timers/promises';
import { v7 } from 'uuid';
import type { Happening, Result, Write } from '../history/records.ts';
import type { Step, Try } from '../plan/plan.ts';
import type { Device } from './device.ts';
import type { Person } from './people.ts';
import { type Answer, type Method, resultOf } from './rest.ts';

export type WriterNeeds = {
  readonly person: Person;
  readonly people: readonly Person[];
  readonly roomIds: readonly string[];
  /** The user's own sockets. */
  readonly devices: readonly Device[];
  readonly record: (happening: Happening) => void;
  /** Numbers writes over all users. */
  readonly nextOp: () => number;
};

/** Does what a user's plan says, one thing after the other. */
export type Writer = {
  perform(step: Step): Promise<void>;
  /** Sends a message once by REST and once by a socket where it is in; each until it is acknowledged or refused, within a bound. */
  sayFarewell(roomId: string): Promise<void>;
};

type SendWrite = Extract<Write, { kind: 'send' }>;

const betweenTriesMs = 150;
const patienceMs = 8000;
const farewellTries = 12;
/** So many of the own messages are remembered for edits, deletions and repetitions. */
const remembered = 200;

const isSettled = (results: readonly Result[]): boolean => results.some(({ outcome }) => outcome !== 'unknown');

const contentOf = (op: number, length: number): string => `${op} `.padEnd(length, 'abcdefghij ');

export const createWriter = (needs: WriterNeeds): Writer => {
  const { person, people, roomIds, devices, record, nextOp } = needs;
  const { userId, rest } = person;
  const sent: SendWrite[] = [];
  const messages: { readonly roomId: string; readonly messageId: string }[] = [];
  /** As far as known; the server decides. */
  const outside = new Set<string>();

  const begin = (write: Write): number => {
    const op = nextOp();
    record({ type: 'write', op, userId, write });
    return op;
  };
  const attempt = async (op: number, over: string, work: () => Promise<Result>): Promise<Result> => {
    const askedAt = Date.now();
    const result = await work();
    record({ type: 'attempt', op, over, askedAt, ...result });
    return result;
  };
  const byRest = (
    op: number,
    server: number,
    [method, path, body]: readonly [Method, string, unknown?],
    waitMs = patienceMs,
  ): Promise<Result> =>
    attempt(op, `rest ${server}`, async () => {
      const answer: Answer = await rest({ server, method, path, body, patienceMs: waitMs });
      return resultOf(answer);
    });

  const sendOnce = (op: number, write: SendWrite, { way, server, patienceMs: waitMs }: Try): Promise<Result> => {
    const { roomId, tempId, content } = write;
    const device = way === 'ws' ? devices.find((one) => one.isIn(roomId)) : undefined;
    if (device === undefined) {
      return byRest(op, server, ['POST', '/messages/send', { roomId, content, tempId }], waitMs);
    }
    return attempt(op, 'socket', () => device.send({ roomId, content, tempId }, waitMs));
  };

  const send = async (write: SendWrite, tries: readonly Try[], together: boolean): Promise<void> => {
    const op = begin(write);
    const results: Result[] = [];
    const first = together ? 2 : 1;
    results.push(...(await Promise.all(tries.slice(0, first).map((one) => sendOnce(op, write, one)))));
    for (const one of tries.slice(first)) {
      if (isSettled(results)) break;
      await delay(betweenTriesMs);
      results.push(await sendOnce(op, write, one));
    }
    const messageId = results.find(({ outcome }) => outcome === 'acknowledged')?.messageId;
    if (messageId !== undefined) messages.push({ roomId: write.roomId, messageId });
    if (messages.length > remembered) messages.shift();
  };

  const newSend = (roomId: string, tempId: string, length: number): SendWrite => {
    const write: SendWrite = { kind: 'send', roomId, tempId, content: contentOf(sent.length, length) };
    sent.push(write);
    if (sent.length > remembered) sent.shift();
    return write;
  };

  const comeOrGo = async (roomId: string, server: number): Promise<void> => {
    const kind = outside.has(roomId) ? 'join' : 'leave';
    const { outcome, said } = await byRest(begin({ kind, roomId }), server, ['POST', `/rooms/${roomId}/${kind}`, {}]);
    if (kind === 'join' && (outcome === 'acknowledged' || said.startsWith('409'))) outside.delete(roomId);
    if (kind === 'leave' && (outcome === 'acknowledged' || said.startsWith('403'))) outside.add(roomId);
  };
  const pickFrom = <T>(list: readonly T[], which: number): T | undefined => list[Math.floor(which * list.length)];

  const perform = async (step: Step): Promise<void> => {
    switch (step.do) {
      case 'send': {
        const roomId = roomIds[step.room];
        if (roomId === undefined) return;
        const tempId = step.named === 'fresh' ? v7() : `message ${sent.length} of ${userId} at ${Date.now()}`;
        return send(newSend(roomId, tempId, step.length), step.tries, step.together);
      }
      case 'repeat': {
        const write = pickFrom(sent, step.which);
        return write === undefined ? undefined : send(write, step.tries, false);
      }
      case 'edit': {
        const message = pickFrom(messages, step.which);
        if (message === undefined) return;
        const op = nextOp();
        const content = contentOf(op, 30);
        record({ type: 'write', op, userId, write: { kind: 'edit', ...message, content } });
        await byRest(op, step.server, ['PATCH', `/messages/${message.messageId}`, { content }]);
        return;
      }
      case 'delete': {
        const message = pickFrom(messages, step.which);
        if (message === undefined) return;
        await byRest(begin({ kind: 'delete', ...message }), step.server, ['DELETE', `/messages/${message.messageId}`]);
        return;
      }
      case 'joinOrLeave': {
        const roomId = roomIds[step.room];
        if (roomId !== undefined && people[step.room % people.length] !== person) await comeOrGo(roomId, step.server);
        return;
      }
      case 'removeOrAdd': {
        const [roomId, target] = [roomIds[step.room], people[step.user]?.userId];
        if (roomId === undefined || target === undefined) return;
        const path = `/rooms/${roomId}/members`;
        const { said } = await byRest(begin({ kind: 'remove', roomId, target }), step.server, [
          'DELETE',
          `${path}/${target}`,
        ]);
        if (!said.startsWith('404')) return; // else the target is not in: let them in
        await byRest(begin({ kind: 'add', roomId, target }), step.server, ['POST', path, { userId: target }]);
        return;
      }
      case 'read': {
        const roomId = roomIds[step.room];
        if (roomId === undefined) return;
        const askedAt = Date.now();
        const path = `/messages/history?roomId=${roomId}`;
        const { status } = await rest({ server: step.server, method: 'GET', path, patienceMs });
        record({ type: 'read', userId, roomId, askedAt, status });
        return;
      }
    }
  };

  return {
    perform,
    sayFarewell: async (roomId) => {
      for (const way of ['rest', 'ws'] as const) {
        const tries = Array.from({ length: farewellTries }, (_, server): Try => ({ way, server, patienceMs }));
        await send(newSend(roomId, v7(), 40), tries, false);
      }
    },
  };
};
