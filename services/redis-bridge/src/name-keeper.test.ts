import { type ChatEvent, nameless, newMessage } from '@kuraxx/domain';
import { memoryEventLog, type StoredEvent } from '@kuraxx/event-store';
import { expect, test } from 'vitest';
import { createNameKeeper } from './name-keeper.ts';

const at = '2031-02-03T04:05:06.789Z';
const minuteMs = 60_000;

const said = (by: string, ageMs: number): StoredEvent => {
  const sender = { id: by, username: by, displayName: by, avatarUrl: null, isOnline: true, lastSeenAt: null };
  const message = newMessage({ messageId: 'm', roomId: 'r', content: 'ahoy', type: 'TEXT', sender, replyTo: null, at });
  const time = new Date(Date.now() - ageMs).toISOString();
  return {
    type: 'MessageSent',
    data: { message },
    record: {
      position: { epoch: 'e', partition: 0, sequence: 1 },
      subject: { kind: 'room', roomId: 'r', aspect: 'msg' },
      wireType: 'kuraxx.message.sent.v1',
      type: 'MessageSent',
      eventId: 'm',
      time,
      via: undefined,
      data: new Uint8Array(),
    },
  };
};

/** Ann's account was deleted, Bob's is there. */
const logOf = async () => {
  const log = memoryEventLog({ roomPartitions: 1 });
  const append = (event: ChatEvent & { data: { userId: string } }) =>
    log.append({ kind: 'account', userId: event.data.userId }, event);
  for (const userId of ['ann', 'bob'])
    await append({ type: 'UserRegistered', data: { userId, username: userId, displayName: userId, at } });
  await append({ type: 'AccountDeleted', data: { userId: 'ann', at } });
  const reads: string[] = [];
  const readSubject: typeof log.readSubject = (subject, after) => {
    if (subject.kind === 'account') reads.push(subject.userId);
    return log.readSubject(subject, after);
  };
  return { readSubject, reads };
};
const namesIn = (events: readonly StoredEvent[]) =>
  events.map((event) => (event.type === 'MessageSent' ? event.data.message.sender.username : event.type));

test('what is mirrored late has no name of a deleted account; of others, and of what is fresh, it has', async () => {
  const keep = createNameKeeper(await logOf());
  const events = [said('ann', minuteMs), said('bob', minuteMs), said('ann', 0)];
  const kept = await keep(events);
  expect(namesIn(kept)).toEqual([nameless.username, 'bob', 'ann']);
  expect(kept[0]?.record).toBe(events[0]?.record);
});

test('each person is looked up once a batch, a deleted one once and for all, and nobody for what is fresh', async () => {
  const { readSubject, reads } = await logOf();
  const keep = createNameKeeper({ readSubject });
  await keep([said('bob', 0)]);
  const past = [said('ann', minuteMs), said('bob', minuteMs), said('ann', minuteMs)];
  await keep(past);
  await keep(past);
  expect(reads).toEqual(['ann', 'bob', 'bob']);
});
