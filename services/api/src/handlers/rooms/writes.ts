import type { apiContract, DetailedRoom, Room as WireRoom } from '@kuraxx/contracts';
import type { Room } from '@kuraxx/domain';
import type { Position } from '@kuraxx/event-store';
import { type Api, answerWrite, settle } from '../../api.ts';
import { requireOpen, roomFromAggregate } from '../../from-aggregates.ts';
import type { Handlers } from '../../http/handler.ts';
import { isRefusal } from '../../limits.ts';
import { keepPicture } from '../../uploads/picture.ts';

type Writes = Pick<Handlers<typeof apiContract.rooms>, 'create' | 'update' | 'remove' | 'join' | 'leave' | 'transfer'>;

/** Only a room by id or after joining shows counts. */
const withoutCounts = ({ _count, ...room }: DetailedRoom): WireRoom => room;

export const roomWrites = (api: Api): Writes => {
  const { rooms } = api.commands;
  const { passcodes } = api.limits;

  const answerRoom = (
    call: { readonly respondAsync: boolean },
    roomId: string,
    written: { room: Room; position?: Position | undefined },
  ): Promise<DetailedRoom> =>
    answerWrite(
      api,
      call,
      written.position,
      () => api.readModel.queries.findRoom(roomId),
      () => roomFromAggregate(api, written.room),
    );

  const keepRoomPicture = async (userId: string, roomId: string, url: string): Promise<string | undefined> => {
    const room = await rooms.load(roomId);
    const current = room.status === 'open' ? room.avatarUrl : null;
    return await keepPicture(api, userId, url, current, { kind: 'room', roomId });
  };

  return {
    create: async (call) => {
      const created = await rooms.create(call.caller.userId, call.body);
      const room = await answerRoom(call, requireOpen(created.room).roomId, created);
      return { data: { room: withoutCounts(room) }, position: created.position };
    },

    update: async (call) => {
      const { userId } = call.caller;
      const roomId = call.params.id;
      const { avatarUrl, ...others } = call.body;
      const picture = avatarUrl && (await keepRoomPicture(userId, roomId, avatarUrl));
      const updated = await rooms.update(userId, roomId, { ...others, avatarUrl: picture });
      const room = await answerRoom(call, call.params.id, updated);
      return { data: { room: withoutCounts(room) }, position: updated.position };
    },

    remove: async (call) => {
      const { position } = await rooms.remove(call.caller.userId, call.params.id);
      await settle(api, call, position);
      return { data: { message: 'Room deleted successfully' }, position };
    },

    join: async (call) => {
      const { userId } = call.caller;
      const roomId = call.params.id;
      const passcode = call.body?.passcode;
      const join = () => rooms.join(userId, roomId, passcode);
      const attempt = { target: roomId, by: userId, address: call.address };
      const joined =
        passcode === undefined ? await join() : await passcodes.run(attempt, join, isRefusal('ROOM_ACCESS_DENIED'));
      const room = await answerRoom(call, call.params.id, joined);
      return { data: { room }, position: joined.position };
    },

    leave: async (call) => {
      const { position } = await rooms.leave(call.caller.userId, call.params.id);
      await settle(api, call, position);
      return { data: { message: 'Left room successfully' }, position };
    },

    transfer: async (call) => {
      const handed = await rooms.transfer(call.caller.userId, call.params.id, call.body.userId);
      const room = await answerRoom(call, call.params.id, handed);
      return { data: { room: withoutCounts(room) }, position: handed.position };
    },
  };
};
