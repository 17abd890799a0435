import { type Recorded, recordsOf } from '../history/records.ts';

/** What a run has seen. */
export type Counts = {
  readonly acknowledgedWrites: number;
  readonly refusedAttempts: number;
  readonly unknownAttempts: number;
  readonly events: number;
  readonly frames: number;
  readonly mirrored: number;
  readonly connections: number;
  /** Connections after a device's first. */
  readonly reconnects: number;
  /** Rooms entered from a position on. */
  readonly resumes: number;
  readonly kills: number;
  readonly restarts: number;
  readonly freezes: number;
  readonly cuts: number;
  readonly stalls: number;
  readonly delays: number;
};

/** @param events how many the log holds */
export const countsOf = (history: readonly Recorded[], events: number): Counts => {
  const attempts = recordsOf(history, 'attempt');
  const faults = recordsOf(history, 'faultBegun');
  const faultsOf = (kind: string): number => faults.filter(({ fault }) => fault.startsWith(`${kind} `)).length;
  const acknowledged = new Set(attempts.filter(({ outcome }) => outcome === 'acknowledged').map(({ op }) => op));
  const opened = recordsOf(history, 'opened');
  const resumed = new Set(
    recordsOf(history, 'asked').flatMap(({ since, conn, roomId }) => (since === null ? [] : [`${conn} ${roomId}`])),
  );
  return {
    acknowledgedWrites: acknowledged.size,
    refusedAttempts: attempts.filter(({ outcome }) => outcome === 'refused').length,
    unknownAttempts: attempts.filter(({ outcome }) => outcome === 'unknown').length,
    events,
    frames: recordsOf(history, 'frame').length,
    mirrored: recordsOf(history, 'heard').length,
    connections: opened.length,
    reconnects: opened.length - new Set(opened.map(({ device }) => device)).size,
    resumes: recordsOf(history, 'entered').filter(({ conn, roomId }) => resumed.has(`${conn} ${roomId}`)).length,
    kills: faultsOf('kill'),
    restarts: faultsOf('restart'),
    freezes: faultsOf('freeze'),
    cuts: faultsOf('cut'),
    stalls: faultsOf('stall'),
    delays: faultsOf('slow'),
  };
};
