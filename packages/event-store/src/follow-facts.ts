import type { NatsConnection } from 'nats';
import type { ConnectionState, Reach } from './connection.ts';
import { type LiveRecord, subscribeLive } from './live.ts';
import type { OwnData } from './own-data.ts';
import type { EventLog } from './ports.ts';

/** Membership and account events of everybody, live, for caches. */
export const createFollowFacts =
  (
    nats: NatsConnection,
    state: ConnectionState,
    reach: Reach,
    epochOf: EventLog['epochOf'],
    ownData: Pick<OwnData, 'has'>,
  ): EventLog['followFacts'] =>
  async (listener, onGap) => {
    const tell = ({ record, previousSequence }: LiveRecord): void => listener(record, previousSequence);
    const stops = [
      subscribeLive(nats, epochOf, ownData, 'kuraxx.room.*.*.meta', tell),
      subscribeLive(nats, epochOf, ownData, 'kuraxx.account.*', tell),
      state.onChange(() => onGap()),
    ];
    await reach('follow the log', () => nats.flush());
    return () => {
      for (const stop of stops) stop();
    };
  };
