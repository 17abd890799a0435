import type { EventLog, LogRecord } from '@kuraxx/event-store';
import { z } from 'zod';
import { choiceSchema, isChosen, requirePosition } from '../event-source.ts';
import { lineOf, pageOf, viewOf } from '../event-view.ts';
import type { CommandFile } from '../frame/command-file.ts';
import { CliError } from '../frame/exit-codes.ts';

const options = choiceSchema.extend({
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(10_000_000).default(100),
});
type Options = z.output<typeof options>;

const find = async (log: EventLog, text: string): Promise<LogRecord> => {
  const { partition, sequence } = requirePosition(log, text);
  for await (const record of log.readPartition(partition, { after: sequence - 1, upTo: sequence })) return record;
  throw new CliError(
    'refused',
    `there is no event at ${text}: partition ${partition} ends at ${await log.head(partition)}`,
  );
};

/** @throws {CliError} usage, when it isn't said whose */
const history = (log: EventLog, { room, account, after }: Options): AsyncIterable<LogRecord> => {
  const from = after === undefined ? 0 : requirePosition(log, after).sequence;
  if (room !== undefined) return log.readRoom(room, { after: from, upTo: Number.MAX_SAFE_INTEGER });
  if (account !== undefined) return log.readSubject({ kind: 'account', userId: account }, from);
  throw new CliError('usage', 'which events? Give a position, --room or --account');
};

export const eventsShow: CommandFile = (events, action) => {
  events
    .command('show')
    .argument('[position]', 'as in an event, a frame or the header Kuraxx-Position; the epoch may be left out')
    .summary('show one event, or what happened in a room or to an account')
    .description(
      'With a position: that event with all that is stored. With --room or --account: its events from the beginning (or after a ' +
        'position), oldest first, a line each.',
    )
    .option('--room <id>', 'events of this room')
    .option('--account <id>', 'events of this account')
    .option('--type <text>', 'whose type contains this, as in message.sent')
    .option('--after <position>', 'only those after it')
    .option('--limit <n>', 'so many at most (default 100)')
    .addHelpText(
      'after',
      '\nExamples:\n  kuraxx events show 2.4711\n  kuraxx events show --room 6f1c… --type member --limit 1000\n',
    )
    .action(
      action(options, async ({ servers, output, signal }, given, [position]) => {
        const log = await servers.log();
        if (position !== undefined) {
          const view = viewOf(await find(log, position));
          output.result(view, () => pageOf(view));
          return 'done';
        }
        let shown = 0;
        for await (const record of history(log, given)) {
          if (signal.aborted) return 'cancelled';
          if (!isChosen({ type: given.type })(record)) continue;
          if (shown === given.limit) {
            output.note(`there are more: --limit ${given.limit * 10}, or --after the last position`);
            break;
          }
          const view = viewOf(record);
          await output.line(view, () => lineOf(view));
          shown++;
        }
        return 'done';
      }),
    );
};
