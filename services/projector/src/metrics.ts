import type { EventLog, LogRecord, Partition, Serving } from '@kuraxx/event-store';
import { cheapHistogram, gaugeBy, type Series, shared } from '@kuraxx/runtime';
import type { Registry } from 'prom-client';
import type { ProjectionStatus } from './projector.ts';
import { isHere } from './status.ts';

/** In seconds: from what one batch takes to the lag after an outage. */
const latencyBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const batchBuckets = [1, 2, 5, 10, 25, 50, 100, 250, 500];

/** Is told of each batch that has been committed to a read model. */
export type ObserveBatch = (schema: string, records: readonly Pick<LogRecord, 'time' | 'via'>[]) => void;

/**
 * Times what is projected, from the writer's clock at the append to this process's clock after the commit; where these two clocks differ,
 * so do the figures. What was imported counts in the batches alone: its time is when it happened in the system it came from.
 */
export const measureBatches = (registry: Registry, nowMs: () => number = Date.now): ObserveBatch => {
  const latency = cheapHistogram(
    {
      name: 'kuraxx_projection_seconds',
      help: 'Time from the append of an event to the commit of its rows, without imported events',
      buckets: latencyBuckets,
    },
    registry,
  );
  const sizes = cheapHistogram(
    { name: 'kuraxx_projection_batch_events', help: 'Events committed in one batch', buckets: batchBuckets },
    registry,
  );
  const bySchema = new Map<string, { readonly latency: Series; readonly size: Series }>();
  const seriesOf = (schema: string) => {
    const known = bySchema.get(schema);
    if (known !== undefined) return known;
    const made = { latency: latency.series({ schema }), size: sizes.series({ schema }) };
    bySchema.set(schema, made);
    return made;
  };
  return (schema, records) => {
    const series = seriesOf(schema);
    const now = nowMs();
    series.size.observe(records.length);
    for (const { time, via } of records) {
      if (via === 'import') continue;
      const atMs = Date.parse(time);
      if (!Number.isNaN(atMs)) series.latency.observe(Math.max(0, now - atMs) / 1000);
    }
  };
};

type Log = Pick<EventLog, 'head' | 'readPartition'>;

/** How far a partition of a read model is behind the log. */
export type Lag = {
  readonly events: number;
  /** How long ago the log stored the first event that is not in the rows, by the clocks of NATS and of this process; 0 without one. */
  readonly seconds: number;
};

/** @param sequence that of the last event that is in the rows @throws {Unavailable} */
export const lagOf = async (log: Log, partition: Partition, sequence: number, nowMs = Date.now()): Promise<Lag> => {
  const events = Math.max(0, (await log.head(partition)) - sequence);
  if (events === 0) return { events, seconds: 0 };
  for await (const { storedAtMs = nowMs } of log.readPartition(partition, { after: sequence, upTo: sequence + 1 })) {
    return { events, seconds: Math.max(0, nowMs - storedAtMs) / 1000 };
  }
  return { events, seconds: 0 };
};

/** @property lag undefined where this process doesn't know the checkpoint */
export type PartitionLag = { readonly status: ProjectionStatus; readonly lag: Lag | undefined };

/** How far behind the partitions are that this process projects: whoever asks while NATS is being asked gets the same answer. */
export type Lags = () => Promise<readonly PromiseSettledResult<PartitionLag>[]>;

export const createLags = (log: Log, statuses: () => readonly ProjectionStatus[]): Lags =>
  shared(() =>
    Promise.allSettled(
      statuses()
        .filter(isHere)
        .map(async (status) => {
          const { partition, sequence } = status;
          return { status, lag: sequence === undefined ? undefined : await lagOf(log, partition, sequence) };
        }),
    ),
  );

/** Shows how the partitions stand that this process projects. With NATS or Postgres away what it would ask them for is not shown. */
export const showProjections = (
  registry: Registry,
  needs: {
    readonly lags: Lags;
    readonly statuses: () => readonly ProjectionStatus[];
    readonly serving: () => Promise<Serving>;
  },
): void => {
  const labelNames = ['schema', 'partition'] as const;
  const labelsOf = ({ schema, partition }: ProjectionStatus) => ({ schema, partition });
  const here = (): ProjectionStatus[] => needs.statuses().filter(isHere);
  gaugeBy(
    registry,
    {
      name: 'kuraxx_projection_active',
      help: '1 where this process projects the partition, 0 where it has it but can not go on; absent on standby',
      labelNames,
    },
    () => here().map((status) => [labelsOf(status), status.phase === 'active' ? 1 : 0]),
  );
  gaugeBy(
    registry,
    {
      name: 'kuraxx_projection_parked',
      help: 'Rooms, accounts and files whose rows stand still because of an event that can not be projected',
      labelNames,
    },
    () => here().map((status) => [labelsOf(status), status.parked]),
  );
  const lags = async () => {
    const asked = await needs.lags();
    // what is missing could not be asked for: NATS is away, and kuraxx_ready says so
    return asked.flatMap((one) => {
      if (one.status === 'rejected' || one.value.lag === undefined) return [];
      return [{ labels: labelsOf(one.value.status), lag: one.value.lag }];
    });
  };
  gaugeBy(
    registry,
    {
      name: 'kuraxx_projection_lag_events',
      help: 'Events of a partition that are stored and not yet in the rows; absent where its checkpoint is not known',
      labelNames,
    },
    async () => (await lags()).map(({ labels, lag }) => [labels, lag.events]),
  );
  gaugeBy(
    registry,
    {
      name: 'kuraxx_projection_lag_seconds',
      help: 'Time since the first event was stored that is not yet in the rows',
      labelNames,
    },
    async () => (await lags()).map(({ labels, lag }) => [labels, lag.seconds]),
  );
  gaugeBy(
    registry,
    {
      name: 'kuraxx_read_model_serving',
      help: '1 for the schema of the read model that answers queries',
      labelNames: ['schema'],
    },
    async () => {
      const serving = await needs.serving().catch(() => undefined); // Postgres is away, and kuraxx_ready says so
      return serving === undefined ? [] : [[{ schema: serving.schema }, 1]];
    },
  );
};
