/** Frames for one room's sockets on their way out, in order. */
export type Gathering<F> = {
  /**
   * The first after a pause goes out at once; what comes within the pause after it goes out together at its end. Where several went together
   * a moment ago the first waits for those that will follow it as well.
   */
  readonly push: (frame: F) => void;
  /** Lets out at once what has been gathered. */
  readonly flush: () => void;
};

/** From so many sockets on writing to them is what a message costs. */
const manySockets = 50;
/** So many sockets are written to in a millisecond, about. */
const socketsPerMs = 250;
/** Nobody waits longer, however large the room. */
const longestPauseMs = 5;
/** After several frames went together the room counts as busy for so long. */
const staysBusyMs = 100;
/** With so many nothing would be gained by waiting on: uWebSockets joins 32 frames into one write. */
const maxGathered = 32;

/**
 * How long frames to so many sockets are gathered: about as long as it takes to write to them all. So a room that is busy is written to half
 * of the time, with several frames in each write, and one that isn't waits for nothing.
 */
export const pauseMsFor = (sockets: number): number =>
  sockets < manySockets ? 0 : Math.min(longestPauseMs, Math.ceil(sockets / socketsPerMs));

/**
 * @param emit sends one frame; those of one turn of the event loop become one write per socket
 * @param pauseMs asked at each frame that goes out; 0: gather nothing
 */
export const createGathering = <F>(emit: (frame: F) => void, pauseMs: () => number): Gathering<F> => {
  let gathered: F[] = [];
  let isPausing = false;
  let busyUntilMs = 0;

  const flush = (): void => {
    if (gathered.length === 0) return;
    const frames = gathered;
    gathered = [];
    if (frames.length > 1) busyUntilMs = performance.now() + staysBusyMs;
    for (const frame of frames) emit(frame);
  };
  /** Does nothing where nothing is to be gathered. */
  const pause = (): void => {
    const ms = pauseMs();
    isPausing = ms > 0;
    if (!isPausing) return;
    setTimeout(() => {
      isPausing = false;
      if (gathered.length === 0) return;
      flush();
      pause();
    }, ms);
  };
  return {
    push(frame) {
      const isFirst = !isPausing;
      if (isFirst) pause();
      if (!isPausing || (isFirst && performance.now() >= busyUntilMs)) return emit(frame);
      gathered.push(frame);
      if (gathered.length >= maxGathered) flush();
    },
    flush,
  };
};
