import type { ClientFrameType, ServerFrame } from '@kuraxx/contracts';
import type { Operation } from '@kuraxx/domain';
import type { Scene, SceneOptions } from './scene.fixture.ts';

/** How an operation of the policy is asked for by a frame, and how its success shows. */
export type FrameCase = SceneOptions & {
  readonly operation: Operation;
  readonly payload: (scene: Scene) => unknown;
  /** `authenticate` itself is sent on a socket that has not authenticated. */
  readonly signedIn: boolean;
  /** The socket has joined the room as long as its user was in it. */
  readonly joined: boolean;
  /** The frame that shows its success, and to whom: the caller, or the witness, another member. */
  readonly shown: { readonly to: 'caller' | 'witness'; readonly by: (frame: ServerFrame, scene: Scene) => boolean };
};

type Frames = { readonly [T in ClientFrameType]: readonly [FrameCase, ...FrameCase[]] };

const inRoom = ({ roomId }: Scene) => ({ roomId });
const before = { signedIn: true, joined: false } as const;
const inside = { signedIn: true, joined: true } as const;
const answered = (frame: ServerFrame, type: ServerFrame['type']): boolean =>
  frame.type === type && frame.requestId === 'asked';

/** Every frame that clients may send: it does not compile while one is missing. */
export const frameCases: Frames = {
  authenticate: [
    {
      operation: 'socket.authenticate',
      signedIn: false,
      joined: false,
      payload: ({ caller }) => ({ token: caller?.token ?? 'nobody' }),
      shown: { to: 'caller', by: (frame) => answered(frame, 'authenticated') },
    },
  ],
  'room:join': [
    {
      operation: 'live.follow',
      ...before,
      payload: inRoom,
      shown: { to: 'caller', by: (frame) => answered(frame, 'room:join') },
    },
  ],
  'room:leave': [
    {
      operation: 'live.unfollow',
      ...inside,
      payload: inRoom,
      shown: { to: 'caller', by: (frame) => answered(frame, 'room:leave') },
    },
  ],
  resume: [
    {
      operation: 'live.resume',
      ...before,
      payload: ({ roomId }) => ({ rooms: { [roomId]: null } }),
      shown: {
        to: 'caller',
        by: (frame, { roomId }) => frame.type === 'resumed' && frame.payload.joined.includes(roomId),
      },
    },
  ],
  'message:new': [
    {
      operation: 'message.send',
      ...inside,
      payload: ({ roomId }) => ({ roomId, content: 'ahoy', tempId: 'asked' }),
      shown: { to: 'witness', by: (frame) => frame.type === 'message:saved' && frame.payload.tempId === 'asked' },
    },
  ],
  'typing:start': [
    {
      operation: 'live.type',
      ...inside,
      payload: inRoom,
      shown: { to: 'witness', by: (frame) => frame.type === 'typing:start' },
    },
  ],
  'typing:stop': [
    {
      operation: 'live.type',
      ...inside,
      payload: inRoom,
      shown: { to: 'witness', by: (frame) => frame.type === 'typing:stop' },
    },
  ],
};
