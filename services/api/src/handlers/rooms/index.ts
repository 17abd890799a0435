import type { apiContract } from '@kuraxx/contracts';
import type { Api } from '../../api.ts';
import type { Handlers } from '../../http/handler.ts';
import { memberHandlers } from './members.ts';
import { roomReads } from './reads.ts';
import { roomWrites } from './writes.ts';

export const roomHandlers = (api: Api): Handlers<typeof apiContract.rooms> => ({
  ...roomReads(api),
  ...roomWrites(api),
  ...memberHandlers(api),
});
