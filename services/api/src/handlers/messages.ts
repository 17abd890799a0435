import type { apiContract } from '@kuraxx/contracts';
import { Refusal } from '@kuraxx/domain';
import { type Api, settle } from '../api.ts';
import type { Handlers } from '../http/handler.ts';
import { requireReader } from '../membership.ts';

export const messageHandlers = (api: Api): Handlers<typeof apiContract.messages> => {
  const { commands, freshness, readModel } = api;

  return {
    send: async (call) => {
      const { replyToId, ...content } = call.body;
      for (const { fileId } of content.attachments ?? []) {
        await api.uploads.intake.settleAwaited({ userId: call.caller.userId, fileId });
      }
      const sent = await commands.messages.send({
        senderId: call.caller.userId,
        ...content,
        replyToId: replyToId ?? null,
      });
      await settle(api, call, sent.position);
      return { data: { message: sent.message }, position: sent.position };
    },

    history: async ({ query, caller }) => {
      const { roomId, ...page } = query;
      const queries = await readModel.queriesAt(await freshness.room(roomId));
      await requireReader(api, 'message.readHistory', roomId, caller.userId);
      return { data: await queries.history(roomId, page) };
    },

    get: async ({ params, caller }) => {
      const queries = await readModel.queriesAt(await freshness.everything()); // the id doesn't say in which partition it is
      const found = await queries.findMessage(params.id);
      if (found === undefined) throw new Refusal('MESSAGE_NOT_FOUND');
      await requireReader(api, 'message.read', found.message.roomId, caller.userId);
      return { data: { message: found.message } };
    },

    edit: async (call) => {
      const { message, position } = await commands.messages.edit(call.caller.userId, call.params.id, call.body.content);
      await settle(api, call, position);
      return { data: { message }, position };
    },

    remove: async (call) => {
      const { message, position } = await commands.messages.remove(call.caller.userId, call.params.id);
      if (position !== undefined) await api.uploads.intake.dropAttachments(message);
      await settle(api, call, position);
      return { data: { message: 'Message deleted successfully' }, position };
    },
  };
};
