import type { Partition } from '@kuraxx/event-store';

/** What the world hears about a partition. */
export type Announcement = { readonly epoch: string; readonly sequence: number; readonly stalled: boolean };

/** A batch that takes longer than this counts as stalled: readers had better not wait for it. */
const slowBatchMs = 3000;

/**
 * How a partition stands here:
 * `starting` (nothing tried yet), `standby` (another projector has it), `active`, `stalled` (trying again), `stopped` (given up).
 */
export type Phase = 'starting' | 'standby' | 'active' | 'stalled' | 'stopped';

export type Status = {
  phase: Phase;
  /** Sequence of the last applied event that is known here. */
  sequence: number;
  /** When the batch that is being applied began. */
  applyingSince: number | undefined;
};

export const initialStatus = (): Status => ({ phase: 'starting', sequence: 0, applyingSince: undefined });

/**
 * What to announce about a partition; undefined: nothing. One on standby leaves it to the active one; one that gave up is silent
 * as well, because a newer projector may have taken over.
 */
export const announcementOf = (status: Status, epoch: string, now: number): Announcement | undefined => {
  if (status.phase !== 'active' && status.phase !== 'stalled') return undefined;
  const slow = status.applyingSince !== undefined && now - status.applyingSince > slowBatchMs;
  return { epoch, sequence: status.sequence, stalled: status.phase === 'stalled' || slow };
};

export type Announce = (partition: Partition, announcement: Announcement) => void;
