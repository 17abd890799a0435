import { type EventLog, findSequenceAt, formatPosition, type PastRoom, readRoomAt } from '@kuraxx/event-store';
import { z } from 'zod';
import { requirePosition } from '../event-source.ts';
import type { CommandFile } from '../frame/command-file.ts';
import { CliError } from '../frame/exit-codes.ts';
import { table } from '../frame/output.ts';

const options = z.object({
  room: z.string(),
  position: z.string().optional(),
  time: z.iso.datetime({ offset: true, error: '--time is ISO 8601, as in 2031-02-03T04:05:06Z' }).optional(),
  before: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(50),
});
type Options = z.output<typeof options>;

const requireHere = (log: EventLog, roomId: string, text: string): number => {
  const { partition, sequence } = requirePosition(log, text);
  if (partition === log.partitionOf(roomId)) return sequence;
  throw new CliError('usage', `${text}: the events of this room are in partition ${log.partitionOf(roomId)}`);
};

const upToOf = async (log: EventLog, { room, position, time }: Options): Promise<number> => {
  if ((position === undefined) === (time === undefined)) throw new CliError('usage', 'when? Give --position or --time');
  if (position !== undefined) return requireHere(log, room, position);
  return findSequenceAt(log, room, new Date(time ?? '').toISOString());
};

const textOf = (position: string, { room, messages, before }: PastRoom, olderAt: string | null): string => {
  if (room.status !== 'open') return `at ${position} there was no such room (${room.status})`;
  const { name, type, createdAt, createdById, topics } = room;
  return [
    `at ${position}: ${name ?? '(no name)'}, ${type}, made ${createdAt} by ${createdById}, topics ${topics.join(', ') || '(none)'}`,
    '',
    table(
      ['member', 'role', 'joined'],
      [...room.members].map(([userId, { role, joinedAt }]) => [userId, role, joinedAt]),
    ),
    '',
    ...(before === undefined ? [] : [`… older ones: --before ${olderAt}`]),
    ...messages
      .toReversed()
      .map(({ createdAt: at, sender, content, editedAt }) =>
        [at, sender.username, JSON.stringify(content), ...(editedAt === null ? [] : ['(edited)'])].join('  '),
      ),
  ].join('\n');
};

export const eventsAt: CommandFile = (events, action) => {
  events
    .command('at')
    .summary('show a room as it was')
    .description(
      'Folds the first events of a room: its name and settings, members and roles, and the last messages as of a position or a time. Whatever has ' +
        'been edited or deleted since is shown as it was then, so mind who looks. A time means everything up to the first later event.',
    )
    .requiredOption('--room <id>', 'the room')
    .option('--position <position>', 'as of this event, as in 2.4711')
    .option('--time <time>', 'as of this time, as in 2031-02-03T04:05:06Z')
    .option('--before <position>', 'messages before this one: the next older page')
    .option('--limit <n>', 'so many messages at most', '50')
    .addHelpText(
      'after',
      '\nExamples:\n  kuraxx events at --room 6f1c… --position 2.4711\n  kuraxx events at --room 6f1c… --time 2031-02-03T04:05:06Z --json | jq .members\n',
    )
    .action(
      action(options, async ({ servers, output }, given) => {
        const log = await servers.log();
        const { room: roomId, limit } = given;
        const upTo = await upToOf(log, given);
        const before = given.before === undefined ? undefined : requireHere(log, roomId, given.before);
        const past = await readRoomAt(log, roomId, { upTo, before, limit });
        const partition = log.partitionOf(roomId);
        const textAt = (sequence: number) => formatPosition({ epoch: log.epochOf(partition), partition, sequence });
        const [position, olderAt] = [textAt(upTo), past.before === undefined ? null : textAt(past.before)];
        const { room, messages } = past;
        const members = room.status === 'open' ? Object.fromEntries(room.members) : {};
        output.result({ position, room: { ...room, members }, messages, before: olderAt }, () =>
          textOf(position, past, olderAt),
        );
        return room.status === 'absent' ? 'refused' : 'done';
      }),
    );
};
