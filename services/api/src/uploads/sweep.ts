import type { FileUse } from '@kuraxx/domain';
import { Unavailable } from '@kuraxx/event-store';
import type { Sweepable } from '@kuraxx/read-model';
import type { Api } from '../api.ts';

/** What nothing has asked for in so long is not going to be. */
export const unusedForMs = 24 * 60 * 60_000;
/** Files looked at in one query. */
const pageSize = 2000;

type Needs = Pick<Api, 'commands' | 'readModel' | 'uploads' | 'logger'>;

const useOf = ({ useKind, roomId, messageId }: Sweepable): FileUse | null => {
  if (useKind === 'user') return { kind: 'user' };
  if (useKind === 'room' && roomId !== null) return { kind: 'room', roomId };
  if (useKind === 'message' && roomId !== null && messageId !== null) return { kind: 'message', roomId, messageId };
  return null;
};

/**
 * Whether the log agrees that nothing shows the file. The read model may lag behind it, and then miss the very message or picture; who
 * starts to show a file asks for it first, so what was not asked for in a day is not being asked for now either.
 *
 * @throws {Unavailable} when that can't be told now
 */
const isOver = async (file: Sweepable, before: string, { commands, readModel }: Needs): Promise<boolean> => {
  const { userId, fileId, reason, roomId, messageId } = file;
  switch (reason) {
    case 'unused':
    case 'over':
      return true;
    case 'replaced': {
      if (roomId === null) return (await commands.accounts.find(userId))?.avatarUrl?.includes(fileId) !== true;
      const room = await commands.rooms.load(roomId);
      return room.status !== 'open' || room.avatarUrl?.includes(fileId) !== true;
    }
    case 'lost': {
      if (roomId === null || messageId === null || (await commands.messages.isShown(roomId, messageId))) return false;
      // asked again now that the model has caught up: it would also say if the room's rows stand still
      return (await readModel.queries.findSweepable(fileId, before))?.reason === 'lost';
    }
    case 'deleted':
      return false; // it was decided before
  }
};

const sweepFile = async (file: Sweepable, before: string, needs: Needs): Promise<boolean> => {
  const { commands, uploads } = needs;
  if (file.reason !== 'deleted') {
    if (!(await isOver(file, before, needs))) return false;
    // what was deleted stays deleted, however lately the file was asked for
    const unchangedSince = file.reason === 'over' ? new Date().toISOString() : before;
    if (!(await commands.files.sweep(file, { unchangedSince, endedUse: useOf(file) }))) return false;
  }
  await uploads.intake.purge(file);
  return true;
};

/**
 * Deletes, for good, files that nothing shows: announced and never sent, never used within a day, of messages and rooms that were deleted,
 * pictures that were replaced. Each is decided on its own subject with the expected sequence: whoever asks for a file at that moment
 * either comes first, and it stays, or is refused. May be cut off anywhere, and may run in several processes at once.
 *
 * @param nowMs of this run
 * @returns how many were swept
 * @throws {Unavailable} when Postgres, the log or the store is away: what is left is for the next run
 */
export const sweepFiles = async (needs: Needs, nowMs: number): Promise<number> => {
  const before = new Date(nowMs - unusedForMs).toISOString();
  let swept = 0;
  let after: string | undefined = '';
  while (after !== undefined) {
    const page: { files: Sweepable[]; last: string | undefined } = await needs.readModel.queries.filesToSweep({
      after,
      limit: pageSize,
      before,
    });
    for (const file of page.files) if (await sweepFile(file, before, needs)) swept += 1;
    after = page.last;
  }
  await needs.uploads.spool.sweep();
  return swept;
};

const everyMs = 10 * 60_000;

/** Sweeps now and then, not at the same time as other processes. @returns how to stop; it waits for a run that is under way */
export const startSweeping = (needs: Needs): (() => Promise<void>) => {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    try {
      const swept = await sweepFiles(needs, Date.now());
      if (swept > 0) needs.logger.info({ swept }, 'files that nothing shows were deleted');
    } catch (err) {
      if (err instanceof Unavailable) needs.logger.debug({ err }, 'the sweep of files waits');
      else needs.logger.error({ err }, 'the sweep of files failed');
    }
  };
  const schedule = (): void => {
    timer = setTimeout(
      () => {
        running = run().then(schedule);
      },
      everyMs * (0.5 + Math.random()),
    );
  };
  schedule();
  return async () => {
    clearTimeout(timer);
    await running;
    clearTimeout(timer);
  };
};
