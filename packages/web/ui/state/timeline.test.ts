import type { Message } from '@kuraxx/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyTimeline, type Timeline, withEdit, withHistory, withMessage, withoutMessage } from './timeline.ts';

const at = (ms: number): string => new Date(ms).toISOString();
const messageOf = (index: number, version = 0): Message => ({
  id: `m${index}`,
  content: `${index}.${version}`,
  type: 'TEXT',
  status: 'SENT',
  roomId: 'r',
  senderId: 'u',
  replyToId: null,
  editedAt: null,
  deletedAt: null,
  createdAt: at(index),
  updatedAt: at(1_000 + version),
  sender: { id: 'u', username: 'mira', displayName: 'Mira', avatarUrl: null, isOnline: true, lastSeenAt: null },
  attachments: [],
  replyTo: null,
});

type Change = { readonly do: 'send' | 'edit' | 'delete'; readonly of: number };
const change = fc.record<Change>({ do: fc.constantFrom('send', 'send', 'edit', 'delete'), of: fc.nat({ max: 30 }) });

/** What the server has after some changes, and what came of them since it was joined. */
const play = (changes: readonly Change[], joinedAfter: number) => {
  let server: Message[] = [];
  const states: Message[][] = [[]];
  const live: ((timeline: Timeline) => Timeline)[] = [];
  let sent = 0;
  for (const [index, one] of changes.entries()) {
    const target = server[one.of % Math.max(1, server.length)];
    const event = ((): ((timeline: Timeline) => Timeline) | undefined => {
      if (one.do === 'send') {
        const message = messageOf(++sent);
        server = [...server, message];
        return (timeline) => withMessage(timeline, message);
      }
      if (target === undefined) return undefined;
      if (one.do === 'delete') {
        server = server.filter(({ id }) => id !== target.id);
        return (timeline) => withoutMessage(timeline, target.id);
      }
      const edited = { ...target, content: `${target.content}+`, updatedAt: at(2_000 + index) };
      server = server.map((message) => (message.id === target.id ? edited : message));
      return (timeline) => withEdit(timeline, edited);
    })();
    if (event !== undefined && index >= joinedAfter) live.push(event);
    states.push(server);
  }
  return { states, live, server };
};

test('whenever the history was read and whenever its answer comes, the timeline ends as the server has it', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), fc.nat(), fc.nat(), fc.nat(), (changes, a, b, c) => {
      const joinedAfter = a % (changes.length + 1);
      const readAfter = joinedAfter + (b % (changes.length + 1 - joinedAfter));
      const { states, live, server } = play(changes, joinedAfter);
      const page = (states[readAfter] ?? []).toReversed();
      const answeredAt = c % (live.length + 1);
      let timeline = emptyTimeline;
      for (const [index, event] of live.entries()) {
        if (index === answeredAt) timeline = withHistory(timeline, page);
        timeline = event(timeline);
      }
      if (answeredAt === live.length) timeline = withHistory(timeline, page);
      expect(timeline.messages.map(({ id }) => id)).toEqual(server.map(({ id }) => id));
      expect(timeline.messages.map(({ content }) => content)).toEqual(server.map(({ content }) => content));
    }),
    { numRuns: 500 },
  );
});

test('older pages go before, and nothing is shown twice', () => {
  const first = withHistory(emptyTimeline, [messageOf(4), messageOf(3)]);
  const second = withHistory(withMessage(first, messageOf(5)), [messageOf(3), messageOf(2), messageOf(1)]);
  expect(second.messages.map(({ id }) => id)).toEqual(['m1', 'm2', 'm3', 'm4', 'm5']);
});
