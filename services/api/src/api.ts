import type { Commands } from '@kuraxx/commands';
import type { FileLimits } from '@kuraxx/domain';
import type { Position } from '@kuraxx/event-store';
import { Unavailable } from '@kuraxx/event-store';
import type { Links } from '@kuraxx/file-links';
import type { DiskStore, ObjectStore, Spool } from '@kuraxx/files';
import type { ReadModel } from '@kuraxx/read-model';
import type { Logger } from '@kuraxx/runtime';
import type { Freshness } from './freshness.ts';
import type { Limits } from './limits.ts';
import type { RoomsAt } from './room-at.ts';
import type { RoomLog } from './room-log.ts';
import type { Intake } from './uploads/intake.ts';

/** What handlers work with. */
export type Api = {
  readonly commands: Pick<Commands, 'accounts' | 'files' | 'rooms' | 'messages'>;
  readonly readModel: Pick<ReadModel, 'queries' | 'queriesAt' | 'presence'>;
  readonly freshness: Freshness;
  readonly roomLog: RoomLog;
  readonly roomsAt: RoomsAt;
  readonly limits: Limits;
  readonly uploads: Uploads;
  readonly logger: Logger;
};

/** What uploads and links to files need. */
export type Uploads = {
  readonly store: ObjectStore;
  /** The store again, when it is the one that this process serves itself. */
  readonly disk: DiskStore | undefined;
  readonly spool: Spool;
  readonly intake: Intake;
  readonly links: Links;
  readonly limits: FileLimits;
};

/** Undefined when the read models are away: for answers that can do without. */
export const ifAvailable = async <T>(read: Promise<T>): Promise<T | undefined> => {
  try {
    return await read;
  } catch (error) {
    if (error instanceof Unavailable) return undefined;
    throw error;
  }
};

/**
 * The answer to a write: read back once the read models have its event. When they are late or away, or the client
 * doesn't want to wait, it is made from what the command itself knows.
 */
export const answerWrite = async <T>(
  { freshness }: Pick<Api, 'freshness'>,
  call: { readonly respondAsync: boolean },
  position: Position | undefined,
  readBack: () => Promise<T | undefined>,
  fromCommand: () => Promise<T>,
): Promise<T> => {
  const shown = position === undefined || (!call.respondAsync && (await freshness.written(position)));
  return (shown ? await ifAvailable(readBack()) : undefined) ?? (await fromCommand());
};

/** For writes that are answered without reading back: waits, so that the next read sees them. */
export const settle = async (
  { freshness }: Pick<Api, 'freshness'>,
  call: { readonly respondAsync: boolean },
  position: Position | undefined,
): Promise<void> => {
  if (position !== undefined && !call.respondAsync) await freshness.written(position);
};
