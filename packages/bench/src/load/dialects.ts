import { v7 } from 'uuid';
import type { BenchUser } from '../chat.ts';
import { contentOf } from './marker.ts';

/** What one server is told, and answers. A step says something and waits for the frame that answers it. */
export type Step = { readonly say?: string; readonly until: string };

export type Dialect = {
  readonly url: string;
  /** Right after the connection is open. */
  enter(socket: number): readonly Step[];
  /** @param since the position from where on the missed messages are wanted; only ours knows it */
  join(room: string, since?: string): Step;
  /** The frame that makes the server send message `number` to the room. */
  send(room: string, number: number): string;
  /** What the server wants to hear now and then, or it hangs up. */
  readonly heartbeat?: { readonly heard: string; readonly answer: string };
};

/** The size that the goals speak of. */
export const contentBytes = 400;

/** A frame as our gateway sends it, so that floors and peers send the same bytes: ids and positions of the usual lengths. */
const frameLikeOurs = (room: string, number: number) => {
  const id = '0c4d3f4e-8f0a-4a56-9d2e-3f7a8b1c5d6e';
  const at = '2031-02-03T04:05:06.789Z';
  const sender = {
    id,
    username: 'bench_4711',
    displayName: 'bench_4711',
    avatarUrl: null,
    isOnline: true,
    lastSeenAt: null,
  };
  const message = {
    id,
    content: contentOf(number, contentBytes),
    type: 'TEXT',
    status: 'SENT',
    roomId: id,
    senderId: id,
    replyToId: null,
    editedAt: null,
    deletedAt: null,
    createdAt: at,
    updatedAt: at,
    sender,
    attachments: [],
    replyTo: null,
  };
  const place = { position: 'k3f9a2b1.2.4711', prev: 'k3f9a2b1.2.4710', roomId: room.padEnd(id.length, '-') };
  return { type: 'message:saved', payload: { message, tempId: id }, timestamp: 1920000000123, ...place };
};

/** raw-uws and ws-redis. */
export const plainDialect = (port: number): Dialect => ({
  url: `ws://127.0.0.1:${port}/`,
  enter: () => [],
  join: (room) => ({ say: `J${room}`, until: 'joined' }),
  send: (room, number) => `S${room}|${JSON.stringify(frameLikeOurs(room, number))}`,
});

/** Engine.IO 4 and Socket.IO 5 packets over WebSocket. */
export const socketIoDialect = (port: number): Dialect => ({
  url: `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`,
  enter: () => [{ until: '0{' }, { say: '40', until: '40{' }],
  join: (room) => ({ say: `420["join","${room}"]`, until: '430[' }),
  send: (room, number) => `42${JSON.stringify(['send', room, frameLikeOurs(room, number)])}`,
  heartbeat: { heard: '2', answer: '3' },
});

export const kuraxxDialect = (url: string, users: readonly BenchUser[]): Dialect => ({
  url,
  enter: (socket) => {
    const token = users[socket % users.length]?.token ?? '';
    return [
      {
        say: JSON.stringify({ type: 'authenticate', payload: { token }, timestamp: 0 }),
        until: '"type":"authenticated"',
      },
    ];
  },
  join: (roomId, since) => ({
    say: JSON.stringify({ type: 'room:join', payload: { roomId, since }, timestamp: 0, requestId: `join ${roomId}` }),
    until: `"requestId":"join ${roomId}"`,
  }),
  send: (roomId, number) => {
    const payload = { roomId, content: contentOf(number, contentBytes), type: 'TEXT', tempId: v7() };
    return JSON.stringify({ type: 'message:new', payload, timestamp: 0 });
  },
});
