import { errorTable } from '@kuraxx/contracts';
import { Refusal } from '@kuraxx/domain';
import { Unavailable } from '@kuraxx/event-store';
import type { Logger } from '@kuraxx/runtime';
import { answerSettling, type SettleAnswer } from '@kuraxx/signals';
import type { NatsConnection } from 'nats';
import type { Intake } from './intake.ts';

/** For gateways, which have no store: looks at files that came by a signed address. @returns how to stop */
export const settleForGateways = (nats: NatsConnection, intake: Intake, logger: Logger): (() => void) =>
  answerSettling(nats, async (key): Promise<SettleAnswer> => {
    try {
      await intake.settleAwaited(key);
      return { ok: true };
    } catch (err) {
      if (err instanceof Refusal)
        return { ok: false, code: err.code, message: err.message || errorTable[err.code].message };
      if (!(err instanceof Unavailable)) logger.error({ err, ...key }, 'an upload could not be looked at');
      return { ok: false, code: 'SERVICE_UNAVAILABLE', message: errorTable.SERVICE_UNAVAILABLE.message };
    }
  });
