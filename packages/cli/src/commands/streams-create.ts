import { openSnapshotStore } from '@kuraxx/commands';
import { openBucket, openEventLog } from '@kuraxx/event-store';
import { z } from 'zod';
import type { CommandFile } from '../frame/command-file.ts';
import { secretBuckets } from '../transfer/secrets.ts';

/** What services keep in NATS beside the log: what is secret, and where the bridge is. Snapshots come on top, in a bucket that forgets. */
const buckets = [...secretBuckets, 'KURAXX_BRIDGE'] as const;

const number = (max: number) => z.coerce.number().int().min(1).max(max);
const options = z.object({ partitions: number(256).default(4), replicas: number(5).default(1) });

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
        // the log last: services wait for it, and then find everything
        for (const name of buckets) await openBucket(nats, name, { replicas });
        await openSnapshotStore(nats, replicas);
        const log = await openEventLog({
          nats,
          source: 'kuraxx/cli',
          roomPartitions: partitions,
          replicas,
        });
        await log.close();
        const made = { partitions, replicas, buckets: [...buckets, 'KURAXX_SNAPSHOTS'] };
        output.result(
          made,
          () => `The log is set up: ${partitions} partitions of rooms, ${made.buckets.length} buckets.`,
        );
        return undefined;
      }),
    );
};
