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
  /** Sequence of the last applied event that is known here. */
  sequence: number;
  /** Rooms and accounts whose rows stand still, because of an event that can't be projected. */
  parked: number;
  /** When the batch that is being applied began. */
  applyingSince: number | undefined;
};

export const initialStatus = (): Status => ({ phase: 'starting', sequence: 0, parked: 0, applyingSince: undefined });

/** What to announce about a partition; undefined: nothing. One on standby leaves it to the active one. */
export const announcementOf = (status: Status, epoch: string, now: number): Announcement | undefined => {
  if (status.phase !== 'active' && status.phase !== 'stalled') return undefined;
  const slow = status.applyingSince !== undefined && now - status.applyingSince > slowBatchMs;
  return { epoch, sequence: status.sequence, stalled: status.phase === 'stalled' || slow };
};
