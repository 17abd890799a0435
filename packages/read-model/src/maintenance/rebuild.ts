import type { EventLog, Serving } from '@kuraxx/event-store';
import { pause } from '@kuraxx/runtime';
import type { Connections } from '../database.ts';
import { createReadModel } from '../migrate.ts';
import { setState } from '../models.ts';
import type { Projection } from '../projection/projections.ts';
import { firstSchema, numberOfSchema } from '../schema.ts';
import { catchUp, nearlyThere } from './catch-up.ts';
import { type Comparison, compareWithServing } from './compare.ts';
import { holdPartitions, letGo } from './hold.ts';
import { MaintenanceRefused, NothingToCompare } from './refused.ts';
import type { ReplayProgress } from './replay.ts';
import { readStatus } from './status.ts';
import { switchServing } from './switch-serving.ts';

/** What a rebuild is at. */
export type RebuildPhase = 'replaying' | 'comparing' | 'handing over' | 'switching';

export type RebuildOptions = {
  /** Compare with the serving read model before it is replaced; default true. */
  readonly compare?: boolean;
  /** Switch even when they differ: a rebuild after a change of the projection is meant to. Default false. */
  readonly acceptDifferences?: boolean;
  /** Make the new one the serving one; default true. */
  readonly switchOver?: boolean;
  /** Replay as fast as it goes, whoever reads and writes meanwhile; default false. */
  readonly fullSpeed?: boolean;
  readonly signal: AbortSignal;
  readonly onPhase?: (phase: RebuildPhase, schema: string) => void;
  /** Where it begins, 0 for a new one: the number of events that were replayed before. */
  readonly onProgress?: (progress: ReplayProgress) => void;
};

export type Rebuilt = {
  readonly schema: string;
  /** Went on with one that was broken off before. */
  readonly resumed: boolean;
  /** `undefined`: not asked for, or there was nothing to compare with. */
  readonly comparison: Comparison | undefined;
  /** What serves now; `undefined`: what served before still does. */
  readonly switched: (Serving & { readonly previous: string }) | undefined;
};

/** So long projectors may take to find a read model that is to be followed and to catch up with it. */
const handOverMs = 60_000;
const lookAgainMs = 200;

/** The one that was broken off, else a new one. @throws {MaintenanceRefused} when one waits to be switched to */
const findOrCreate = async (needs: {
  readonly connections: Connections;
  readonly databaseUrl: string;
  readonly log: EventLog;
}) => {
  const { serving, models } = await readStatus(needs.connections, needs.log);
  const waiting = models.find(({ state, serves, isPrevious }) => state === 'following' && !serves && !isPrevious);
  if (waiting !== undefined) {
    throw new MaintenanceRefused(
      `${waiting.schema} was built and does not serve yet: switch to it (projections switch), or drop it first`,
    );
  }
  const unfinished = models.find(({ state }) => state === 'building');
  const number = Math.max(...models.map(({ schema }) => numberOfSchema(schema)));
  const schema = unfinished?.schema ?? `read_${number + 1}`;
  await createReadModel(needs.databaseUrl, schema); // also brings an unfinished one up to date
  return { schema, resumed: unfinished !== undefined, serving };
};

const lagOf = (partitions: readonly { readonly lag: number }[]): number =>
  partitions.reduce((sum, { lag }) => sum + lag, 0);

/**
 * So many events more than the serving one it may be behind when it is switched to, for readers wait at the switch until it has them. After so long
 * more is put up with: where thousands come a second it may never be as close.
 */
const closeBy = 50;
const insistMs = 10_000;

/** Waits until projectors follow it and it is nearly as far as the serving one. @throws {MaintenanceRefused} */
const untilFollowed = async (
  connections: Connections,
  log: EventLog,
  schema: string,
  signal: AbortSignal,
): Promise<void> => {
  const begunMs = Date.now();
  for (;;) {
    const { models } = await readStatus(connections, log);
    const partitionsOf = (isIt: (model: (typeof models)[number]) => boolean) => models.find(isIt)?.partitions ?? [];
    const partitions = partitionsOf((model) => model.schema === schema);
    const alone = partitions.filter(({ worked }) => !worked).map(({ partition }) => partition);
    const behind = lagOf(partitions) - lagOf(partitionsOf(({ serves }) => serves));
    const elapsedMs = Date.now() - begunMs;
    const isNear = partitions.every(({ lag }) => lag <= nearlyThere) && (behind <= closeBy || elapsedMs > insistMs);
    if (alone.length === 0 && isNear) return;
    if (elapsedMs > handOverMs) {
      throw new MaintenanceRefused(
        alone.length === 0
          ? `${schema} does not catch up: when it has (projections status), kuraxx projections switch ${schema}`
          : `no projector follows ${schema} (partition ${alone.join(', ')}): start one, then kuraxx projections switch ${schema}`,
      );
    }
    await pause(lookAgainMs, signal);
    signal.throwIfAborted();
  }
};

/**
 * Builds a read model from the log beside the one that serves, compares the two at the same positions, lets the projectors follow it, and
 * makes it the serving one. Broken off at any point (also by a crash) it leaves the serving one alone; called again it goes on.
 *
 * @throws {MaintenanceRefused} @throws {Unavailable}
 */
export const rebuild = async (
  needs: {
    readonly connections: Connections;
    readonly databaseUrl: string;
    readonly log: EventLog;
    readonly projectionInto: (schema: string) => Projection;
  },
  options: RebuildOptions,
): Promise<Rebuilt> => {
  const { connections, log } = needs;
  const { signal, onPhase = () => undefined, onProgress = () => undefined } = options;
  const { schema, resumed, serving } = await findOrCreate(needs);
  const projection = needs.projectionInto(schema);
  const held = await holdPartitions(projection, log.partitions, signal);
  let comparison: Comparison | undefined;
  try {
    onPhase('replaying', schema);
    const pace = options.fullSpeed === true ? 'full' : 'considerate';
    await catchUp({ log, projection, held, pace, signal, onProgress });
    if (options.compare ?? true) {
      onPhase('comparing', schema);
      comparison = await compareWithServing({
        connections,
        log,
        servingSchema: serving.schema,
        projection,
        held,
        signal,
        onProgress,
      }).catch((error: unknown) => {
        if (error instanceof NothingToCompare) return undefined; // it is being rebuilt for that very reason
        throw error;
      });
    }
    onPhase('handing over', schema);
    await setState(connections.in(firstSchema), schema, 'following');
  } finally {
    await letGo(held);
  }
  const accepted = (comparison?.equal ?? true) || (options.acceptDifferences ?? false);
  if (!accepted || !(options.switchOver ?? true)) return { schema, resumed, comparison, switched: undefined };
  await untilFollowed(connections, log, schema, signal);
  onPhase('switching', schema);
  const switched = await switchServing(connections, log, () => schema);
  return { schema, resumed, comparison, switched };
};
