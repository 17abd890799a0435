import { describeLog } from '@kuraxx/event-store';
import { z } from 'zod';
import type { CommandFile } from '../frame/command-file.ts';
import { CliError } from '../frame/exit-codes.ts';
import { bytesText, table } from '../frame/output.ts';

export const streamsStatus: CommandFile = (streams, action) => {
  streams
    .command('status')
    .summary('size, end and health of every stream')
    .description(
      'Shows every stream of the log: one for all accounts, and one for each partition of the rooms. Exits with 3 when a ' +
        'stream is missing or set up so that events could get lost.',
    )
    .addHelpText('after', '\nExample:\n  kuraxx streams status --json | jq ".streams[].last"\n')
    .action(
      action(z.object({}), async ({ servers, output }) => {
        const log = await describeLog(await servers.nats());
        if (log.roomPartitions === undefined) throw new CliError('refused', 'no log has been set up here yet');
        output.result(log, () =>
          table(
            ['stream', 'epoch', 'events', 'last', 'size', 'subjects', 'copies', 'consumers', 'last event'],
            log.streams.map((one) => [
              one.name,
              one.epoch ?? '-',
              one.events,
              one.last,
              bytesText(one.bytes),
              one.subjects,
              one.copies,
              one.consumers,
              one.lastAt ?? '-',
            ]),
          ),
        );
        const faults = log.streams.flatMap(({ name, faults, lagging }) => [
          ...faults.map((fault) => `${name}: ${fault}`),
          ...lagging.map((server) => `${name}: the copy on ${server} is not up to date`),
        ]);
        faults.push(...log.missing.map((partition) => `the stream of partition ${partition} is missing`));
        for (const fault of faults) output.note(fault);
        return faults.length > 0 ? 'unsound' : 'done';
      }),
    );
};
