import { randomUUID } from 'node:crypto';
import type { Tracing } from '@kuraxx/runtime';
import { eventually, testServers } from '@kuraxx/testing';
import { afterEach, expect, test } from 'vitest';
import { openClient } from './client.fixture.ts';
import { startGateway, type TestGateway } from './gateway.fixture.ts';

const open: TestGateway[] = [];
afterEach(async () => {
  for (const system of open.splice(0)) await system.close();
});

/** Writes down spans in the order of their ends. */
const recorded = () => {
  const ends: string[] = [];
  const tracing: Tracing = {
    span: (name, _start, work) => {
      let how = 'well';
      const end = () => void ends.push(`${name}: ${how}`);
      const result = work({ name: () => undefined, set: () => undefined, failed: () => (how = 'failed') });
      if (result instanceof Promise) void result.then(end);
      else end();
      return result;
    },
    current: () => undefined,
    handled: () => undefined,
  };
  return { ends, tracing };
};

test('the span of a send ends when it is stored or refused, and says so, as does that of a resume', async () => {
  const { ends, tracing } = recorded();
  const system = await startGateway(testServers().natsUrl, { tracing });
  open.push(system);
  const ann = await system.person('ann');
  const roomId = await system.room(ann);
  const socket = await system.signIn(ann, roomId);

  const { stored } = system.gateway.counts;
  socket.send('message:new', { roomId, content: 'ahoy' });
  await eventually(() => expect(ends.at(-1)).toBe('ws message:new: well'));
  expect(system.gateway.counts.stored).toBe(stored + 1);
  await socket.ask('message:new', { roomId, content: 'to whom?', replyToId: randomUUID() });
  await eventually(() => expect(ends.at(-1)).toBe('ws message:new: failed'));
  await socket.ask('resume', { rooms: { [roomId]: null } });
  await eventually(() => expect(ends.at(-1)).toBe('ws resume: well'));

  const stranger = await openClient(system.url);
  await stranger.ask('resume', { rooms: {} });
  await eventually(() => expect(ends.filter((end) => end === 'ws resume: well')).toHaveLength(2));
});
