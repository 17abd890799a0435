import type { apiContract } from '@kuraxx/contracts';
import type { Api } from '../api.ts';
import type { Handlers } from '../http/handler.ts';

export const statsHandlers = ({ readModel, freshness }: Api): Handlers<typeof apiContract.stats> => ({
  get: async () => {
    const queries = await readModel.queriesAt(await freshness.everything());
    return { data: await queries.stats() };
  },
});
