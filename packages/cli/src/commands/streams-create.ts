import { openSnapshotStore } from '@kuraxx/commands';
import { describeLog, openBucket, openEventLog } from '@kuraxx/event-store';
import { z } from 'zod';
import type { CommandFile } from '../frame/command-file.ts';
import { CliError } from '../frame/exit-codes.ts';
import { secretBuckets } from '../transfer/secrets.ts';

/** What services keep in NATS beside the log: what is secret, and where the bridge is. Snapshots come on top, in a bucket that forgets. */
const buckets = [...secretBuckets, 'KURAXX_BRIDGE'] as const;

const number = (max: number) => z.coerce.number().int().min(1).max(max);
const usualPartitions = 4;
const options = z.object({ partitions: number(256).optional(), replicas: number(5).default(1) });

export const streamsCreate: CommandFile = (streams, action) => {
  streams
    .command('create')
    .summary('set up the streams and buckets of a new system')
    .description(
      'Makes every stream and KV bucket that is missing. What is there stays as it is. Needed where the users of the services may not ' +
        'make streams (deploy/nats); elsewhere services do it themselves.',
    )
    .option('--partitions <n>', 'streams for rooms, 1 to 256 (default 4); fixed for ever')
    .option('--replicas <n>', 'copies of each stream, 1 to 5 (default 1); 3 on a cluster')
    .addHelpText('after', '\nExample:\n  NATS_USER=cli kuraxx --from-env streams create --partitions 64 --replicas 3\n')
    .action(
      action(options, async ({ servers, output }, { partitions, replicas }) => {
        const nats = await servers.nats();
        const { roomPartitions: fixed } = await describeLog(nats);
        if (fixed !== undefined && partitions !== undefined && fixed !== partitions) {
          throw new CliError(
            'refused',
            `the log has ${fixed} partitions of rooms, which are fixed for ever; not ${partitions}`,
          );
        }
        const roomPartitions = fixed ?? partitions ?? usualPartitions;
        // the log last: services wait for it, and then find everything
        for (const name of buckets) await openBucket(nats, name, { replicas });
        await openSnapshotStore(nats, replicas);
        const log = await openEventLog({
          nats,
          source: 'kuraxx/cli',
          roomPartitions,
          replicas,
        });
        await log.close();
        const { streams: made } = await describeLog(nats);
        const copies = Math.min(...made.map((stream) => stream.copies));
        const result = { partitions: roomPartitions, replicas: copies, buckets: [...buckets, 'KURAXX_SNAPSHOTS'] };
        output.result(
          result,
          () =>
            `The log is set up: ${roomPartitions} partitions of rooms, ${result.buckets.length} buckets, copies of each stream: ${copies}.`,
        );
        if (copies >= replicas) return 'done';
        output.note(
          `There are streams with fewer than ${replicas} copies already: nats stream edit --replicas changes them.`,
        );
        return 'unsound';
      }),
    );
};
