import { apiContract, type ServerFrame } from '@kuraxx/contracts';
import type { Operation } from '@kuraxx/domain';
import { eventually } from '@kuraxx/testing';
import { z } from 'zod';
import { createPerson, expectStatus } from '../person.fixture.ts';
import { openSignedIn } from '../socket.fixture.ts';
import { perform, type Scene } from './scene.fixture.ts';

/** Something that happens in a room, and the frame by which those who may hear of it do. */
export type HeardCase = {
  readonly what: string;
  readonly operation: Operation;
  /** @returns how to tell the frame */
  readonly happens: (scene: Scene, wsUrl: string) => Promise<(frame: ServerFrame) => boolean>;
};

const { messages } = apiContract;

/** The owner does it. */
const owner = (scene: Scene, route: Parameters<typeof perform>[2], parts: Parameters<typeof perform>[3]) =>
  perform(scene.cast.apiUrl, scene.cast.owner, route, parts, z.unknown());

export const heardCases: readonly HeardCase[] = [
  {
    what: 'a message',
    operation: 'live.hear',
    async happens(scene) {
      await owner(scene, messages.send, { body: { roomId: scene.roomId, content: 'for members only' } });
      return (frame) => frame.type === 'message:saved' && frame.payload.message.content === 'for members only';
    },
  },
  {
    what: 'an edit',
    operation: 'live.hear',
    async happens(scene) {
      const { apiUrl, otherMember } = scene.cast;
      const edit = { params: { id: scene.otherId }, body: { content: 'changed' } };
      await perform(apiUrl, otherMember, messages.edit, edit, z.unknown());
      return (frame) => frame.type === 'message:update' && frame.payload.message.id === scene.otherId;
    },
  },
  {
    what: 'a deletion',
    operation: 'live.hear',
    async happens(scene) {
      await owner(scene, messages.remove, { params: { id: scene.otherId } });
      return (frame) => frame.type === 'message:delete' && frame.payload.messageId === scene.otherId;
    },
  },
  {
    what: 'somebody typing',
    operation: 'live.hear',
    async happens({ cast, roomId }, wsUrl) {
      const typist = cast.otherAdmin;
      const socket = await openSignedIn(wsUrl, typist.token, roomId);
      socket.send('typing:start', { roomId });
      return (frame) => frame.type === 'typing:start' && frame.payload.userId === typist.id;
    },
  },
  {
    what: 'somebody coming online',
    operation: 'live.hearPresence',
    async happens({ cast, roomId }, wsUrl) {
      // somebody new: the others meet in other rooms too
      const newcomer = await createPerson(cast.apiUrl, 'newcomer');
      expectStatus(await newcomer.api.rooms.join({ params: { id: roomId }, body: {} }), 200);
      // shown to be in it, which on a busy machine may come after the answer: who comes online is told to the rooms that they are shown in
      await eventually(async () => {
        const { body } = expectStatus(await newcomer.api.rooms.list({ query: {} }), 200);
        return body.data.rooms.some(({ id }) => id === roomId);
      });
      await openSignedIn(wsUrl, newcomer.token);
      return (frame) => frame.type === 'presence:online' && frame.payload.userId === newcomer.id;
    },
  },
];
