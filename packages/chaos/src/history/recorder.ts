import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Happening, Recorded } from './records.ts';

export type Recorder = {
  readonly record: (happening: Happening) => void;
  /** Everything so far, in order. */
  readonly history: readonly Recorded[];
  /** The file is complete then. */
  close(): Promise<void>;
};

/** Keeps the history in memory and in a file, one JSON object a line. */
export const createRecorder = (file: string): Recorder => {
  const history: Recorded[] = [];
  const stream = createWriteStream(file);
  return {
    history,
    record: (happening) => {
      const recorded: Recorded = { n: history.length, at: Date.now(), ...happening };
      history.push(recorded);
      stream.write(`${JSON.stringify(recorded)}\n`);
    },
    close: async () => {
      stream.end();
      await finished(stream);
    },
  };
};
