import type { RoomLogEntry } from '@kuraxx/contracts';
import { type Signal, signal } from '@preact/signals';
import { chat } from './chat.ts';

const maxEntries = 200;
const againMs = 1_500;
/** An entry that no projection was heard of in this time is not asked about again. */
const giveUpMs = 10_000;

export type RoomLog = {
  readonly entries: Signal<readonly RoomLogEntry[]>;
  /** Looks at once: something has happened. */
  hurry(): void;
  stop(): void;
};

/** Entries by position, in the order of the log; newer knowledge of an entry replaces the older. */
const merge = (known: readonly RoomLogEntry[], read: readonly RoomLogEntry[]): readonly RoomLogEntry[] => {
  const byPosition = new Map([...known, ...read].map((entry) => [entry.position, entry]));
  return [...byPosition.values()].slice(-maxEntries);
};

/** Where to read on from: after the last entry of which everything is known. */
const settledUpTo = (entries: readonly RoomLogEntry[]): string | undefined => {
  const isSettled = ({ projectedAt, at }: RoomLogEntry): boolean =>
    projectedAt !== null || Date.now() - Date.parse(at) > giveUpMs;
  const open = entries.findIndex((entry) => !isSettled(entry));
  return entries.at(open === -1 ? -1 : open - 1)?.position;
};

/** Follows the log of a room while it is looked at. @param failed is told why it can't be read; it is tried again */
export const followLog = (roomId: string, failed: (error: unknown) => void): RoomLog => {
  const entries = signal<readonly RoomLogEntry[]>([]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isReading = false;
  let isAsked = false;
  let isStopped = false;

  const read = async (): Promise<void> => {
    const after = settledUpTo(entries.value);
    const query = { limit: 100, ...(after === undefined ? {} : { after }) };
    const answer = await chat.rest.rooms.log({ params: { id: roomId }, query });
    entries.value = merge(entries.value, answer.entries);
  };
  const look = async (): Promise<void> => {
    isAsked = true;
    if (isReading) return; // it looks once more when it is done
    isReading = true;
    clearTimeout(timer);
    while (isAsked && !isStopped) {
      isAsked = false;
      await read().catch(failed);
    }
    isReading = false;
    if (!isStopped) timer = setTimeout(() => void look(), againMs); // what isn't sent to members shows up too
  };
  void look();
  return {
    entries,
    hurry: () => void look(),
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
};
