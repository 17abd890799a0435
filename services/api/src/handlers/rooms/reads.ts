import type { apiContract } from '@kuraxx/contracts';
import { Refusal, requireRight } from '@kuraxx/domain';
import type { Api } from '../../api.ts';
import type { Handlers } from '../../http/handler.ts';
import { requireReader, standingIn } from '../../membership.ts';
import { metaOf } from '../../paging.ts';

type Reads = Pick<Handlers<typeof apiContract.rooms>, 'list' | 'discover' | 'get' | 'members' | 'log' | 'at'>;

/** Each waits for the log first, then asks who may see it: somebody who was removed in between sees nothing. */
export const roomReads = (api: Api): Reads => {
  const { freshness, readModel } = api;

  return {
    list: async ({ query, caller }) => {
      const queries = await readModel.queriesAt(await freshness.everything());
      const { rooms, total } = await queries.listRooms(caller.userId, query);
      return { data: { rooms }, meta: metaOf(query, total) };
    },

    discover: async ({ query, caller }) => {
      const queries = await readModel.queriesAt(await freshness.everything());
      const { rooms, total } = await queries.discoverRooms(caller.userId, query);
      return { data: { rooms }, meta: metaOf(query, total) };
    },

    get: async ({ params, caller }) => {
      const queries = await readModel.queriesAt(await freshness.room(params.id));
      const standing = await standingIn(api, params.id, caller.userId);
      if (standing === 'absent') throw new Refusal('ROOM_NOT_FOUND');
      requireRight('room.read', standing);
      const room = await queries.findRoom(params.id);
      if (room === undefined) throw new Refusal('ROOM_NOT_FOUND');
      return { data: { room } };
    },

    members: async ({ params, query, caller }) => {
      const queries = await readModel.queriesAt(await freshness.room(params.id));
      await requireReader(api, 'room.readMembers', params.id, caller.userId);
      const { members, total } = await queries.listMembers(params.id, query);
      return { data: { members }, meta: metaOf(query, total) };
    },

    log: async ({ params, query, caller }) => {
      await requireReader(api, 'room.readLog', params.id, caller.userId);
      return { data: { entries: await api.roomLog.read(params.id, query) } };
    },

    at: async ({ params, query, caller }) => {
      await freshness.room(params.id);
      await requireReader(api, 'room.readPast', params.id, caller.userId);
      return { data: await api.roomsAt.read(params.id, query) };
    },
  };
};
