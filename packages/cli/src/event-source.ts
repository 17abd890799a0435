import type { EventLog, LogRecord, Partition, Position } from '@kuraxx/event-store';
import { parsePosition } from '@kuraxx/event-store';
import { z } from 'zod';
import { CliError } from './frame/exit-codes.ts';

/** Options by which commands choose events. */
export const choiceSchema = z.object({
  room: z.string().optional(),
  account: z.string().optional(),
  type: z.string().optional(),
});
export type Choice = z.output<typeof choiceSchema>;

/** What the options say about a record. */
export const isChosen =
  ({ room, account, type }: Choice) =>
  ({ subject, wireType }: LogRecord): boolean =>
    (room === undefined || (subject.kind === 'room' && subject.roomId === room)) &&
    (account === undefined || ('userId' in subject && subject.userId === account)) &&
    (type === undefined || wireType.includes(type));

/** The partitions in which chosen events can be. */
export const partitionsOf = (log: EventLog, { room, account }: Choice): readonly Partition[] => {
  if (room !== undefined) return [log.partitionOf(room)];
  return account === undefined ? log.partitions : ['accounts'];
};

/**
 * A position as people type it: `<epoch>.<partition>.<sequence>`, or `<partition>.<sequence>` of this log.
 *
 * @throws {CliError} usage, for anything else, and for positions of another log
 */
export const requirePosition = (log: EventLog, text: string): Position => {
  const [, partitionText = ''] = /^(\d{1,3}|accounts)\.\d{1,16}$/.exec(text) ?? [];
  const partition = partitionText === 'accounts' ? partitionText : Number(partitionText);
  const whole = partitionText !== '' && log.partitions.includes(partition) ? `${log.epochOf(partition)}.${text}` : text;
  const position = parsePosition(whole);
  if (position === undefined || !log.partitions.includes(position.partition)) {
    throw new CliError(
      'usage',
      `"${text}" is no position of this log: write <partition>.<sequence>, as in 2.4711 or accounts.17`,
    );
  }
  const epoch = log.epochOf(position.partition);
  if (position.epoch !== epoch) {
    throw new CliError(
      'usage',
      `${text} is a position of another log: partition ${position.partition} here has the epoch ${epoch}`,
    );
  }
  return position;
};
