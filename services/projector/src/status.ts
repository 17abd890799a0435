import type { Announcement } from '@kuraxx/event-store';

/** A batch that takes longer than this counts as stalled: readers had better not wait for it. */
const slowBatchMs = 3000;

/**
 * How a partition of a read model stands here:
 * `starting` (nothing tried yet), `standby` (another projector has it), `active`, `stalled` (trying again).
 */
export type Phase = 'starting' | 'standby' | 'active' | 'stalled';

export type Status = {
  phase: Phase;
  /** Sequence of the last applied event; undefined where this process doesn't know it: on standby, and until the checkpoint has been read. */
  sequence: number | undefined;
  /** Rooms and accounts whose rows stand still, because of an event that can't be projected. */
  parked: number;
  /** When the batch that is being applied began. */
  applyingSince: number | undefined;
};

export const initialStatus = (): Status => ({
  phase: 'starting',
  sequence: undefined,
  parked: 0,
  applyingSince: undefined,
});

/** Whether this process speaks for the partition: not on standby, where the active one does. */
export const isHere = ({ phase }: Pick<Status, 'phase'>): boolean => phase === 'active' || phase === 'stalled';

/** What to announce about a partition; undefined: nothing. */
export const announcementOf = (status: Status, epoch: string, now: number): Announcement | undefined => {
  if (!isHere(status)) return undefined;
  const slow = status.applyingSince !== undefined && now - status.applyingSince > slowBatchMs;
  return { epoch, sequence: status.sequence ?? 0, stalled: status.phase === 'stalled' || slow };
};
