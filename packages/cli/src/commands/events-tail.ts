import type { LogRecord } from '@kuraxx/event-store';
import { aborted } from '@kuraxx/runtime';
import { z } from 'zod';
import { choiceSchema, isChosen, partitionsOf } from '../event-source.ts';
import { lineOf, viewOf } from '../event-view.ts';
import type { CommandFile } from '../frame/command-file.ts';

const options = choiceSchema.extend({ last: z.coerce.number().int().min(0).max(1_000_000).default(0) });

export const eventsTail: CommandFile = (events, action) => {
  events
    .command('tail')
    .summary('follow what happens')
    .description(
      'Prints events as they are stored, a line each, until Ctrl-C. In order within a partition (a room is in one); between ' +
        'partitions as they come.',
    )
    .option('--room <id>', 'of this room')
    .option('--account <id>', 'of this account and its files')
    .option('--type <text>', 'whose type contains this, as in message.sent')
    .option('--last <n>', 'begin with those among the last n of each partition (default 0)')
    .addHelpText(
      'after',
      '\nExamples:\n  kuraxx events tail --room 6f1c… --last 100\n  kuraxx events tail --type member --json | jq -c "[.time, .about]"\n',
    )
    .action(
      action(options, async ({ servers, output, signal }, { last, ...choice }) => {
        const log = await servers.log();
        const chosen = isChosen(choice);
        const print = async (records: readonly LogRecord[]): Promise<void> => {
          for (const record of records) {
            if (signal.aborted) return;
            if (!chosen(record)) continue;
            const view = viewOf(record);
            await output.line(view, () => lineOf(view));
          }
        };
        const feeds = await Promise.all(
          partitionsOf(log, choice).map(async (partition) => {
            const after = Math.max(0, (await log.head(partition)) - last);
            return log.consume(partition, { after }, print);
          }),
        );
        try {
          await Promise.race([aborted(signal), ...feeds.map(({ failed }) => failed)]);
        } finally {
          await Promise.all(feeds.map((feed) => feed.stop()));
        }
        return 'cancelled';
      }),
    );
};
