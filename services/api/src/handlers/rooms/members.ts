import type { apiContract, Member } from '@kuraxx/contracts';
import type { Room } from '@kuraxx/domain';
import type { Position } from '@kuraxx/event-store';
import { type Api, answerWrite, settle } from '../../api.ts';
import { memberFromAggregate } from '../../from-aggregates.ts';
import type { Handlers } from '../../http/handler.ts';

type MemberWrites = Pick<Handlers<typeof apiContract.rooms>, 'addMember' | 'changeRole' | 'removeMember'>;

export const memberHandlers = (api: Api): MemberWrites => {
  const { rooms } = api.commands;

  const answerMember = (
    call: { readonly respondAsync: boolean },
    ids: { roomId: string; userId: string },
    written: { room: Room; position?: Position | undefined },
  ): Promise<Member> =>
    answerWrite(
      api,
      call,
      written.position,
      () => api.readModel.queries.membersOf(ids.roomId, ids.userId),
      () => memberFromAggregate(api, written.room, ids.userId),
    );

  return {
    addMember: async (call) => {
      const { userId, role } = call.body;
      const added = await rooms.addMember(call.caller.userId, call.params.id, userId, role);
      const member = await answerMember(call, { roomId: call.params.id, userId }, added);
      return { data: { member }, position: added.position };
    },

    changeRole: async (call) => {
      const { id: roomId, userId } = call.params;
      const { role } = call.body;
      const by = call.caller.userId;
      const changed =
        role === 'OWNER' ? await rooms.transfer(by, roomId, userId) : await rooms.changeRole(by, roomId, userId, role);
      const member = await answerMember(call, { roomId, userId }, changed);
      return { data: { member }, position: changed.position };
    },

    removeMember: async (call) => {
      const { id: roomId, userId } = call.params;
      const { position } = await rooms.removeMember(call.caller.userId, roomId, userId);
      await settle(api, call, position);
      return { data: { message: 'Member removed successfully' }, position };
    },
  };
};
