import type { Account, Room } from '@kuraxx/domain';
import type { EventLog } from '@kuraxx/event-store';
import type { NatsConnection } from 'nats';
import type { Logger } from 'pino';
import { openStore } from '../kv/store.ts';
import { kvSnapshots, type SnapshotStore, storedSnapshot } from './kv-snapshots.ts';
import { foldVersions, stateText, storedAccount, storedRoom } from './states.ts';

/** What nobody has changed for so long is folded anew when it is asked for; what older folds have left vanishes. */
const ttlMs = 30 * 24 * 60 * 60_000;

/** The bucket of snapshots, made when absent. It may be emptied at any time. */
export const openSnapshotStore = (nats: NatsConnection, replicas: number): Promise<SnapshotStore> =>
  openStore(nats, 'KURAXX_SNAPSHOTS', storedSnapshot, replicas, { ttlMs });

type Log = Pick<EventLog, 'epochOf' | 'partitionOf'>;

export const roomSnapshots = (store: SnapshotStore, log: Log, logger: Logger) =>
  kvSnapshots<Room>(store, {
    kind: 'room',
    foldVersion: foldVersions.room,
    epochOf: (roomId) => log.epochOf(log.partitionOf(roomId)),
    encode: stateText,
    schema: storedRoom,
    logger,
  });

export const accountSnapshots = (store: SnapshotStore, log: Log, logger: Logger) =>
  kvSnapshots<Account>(store, {
    kind: 'account',
    foldVersion: foldVersions.account,
    epochOf: () => log.epochOf('accounts'),
    encode: stateText,
    schema: storedAccount,
    logger,
  });
