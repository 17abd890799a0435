import type { apiContract } from '@kuraxx/contracts';
import type { Api } from '../api.ts';
import type { Handlers } from '../http/handler.ts';

export const statsHandlers = ({ readModel, freshness }: Api): Handlers<typeof apiContract.stats> => ({
  get: async () => {
    await freshness.everything();
    return { data: await readModel.queries.stats() };
  },
});
