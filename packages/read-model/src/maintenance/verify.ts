import type { EventLog } from '@kuraxx/event-store';
import type { Connections } from '../database.ts';
import { listModels, setState } from '../models.ts';
import type { Projection } from '../projection/projections.ts';
import { firstSchema } from '../schema.ts';
import { readServing } from '../serving.ts';
import { type Comparison, compareWithServing } from './compare.ts';
import { holdPartitions, letGo } from './hold.ts';
import { MaintenanceRefused } from './refused.ts';
import type { ReplayProgress } from './replay.ts';

/**
 * Compares a read model with the serving one. Projectors let go of it meanwhile, and go on with it afterwards.
 *
 * @throws {MaintenanceRefused}
 */
export const verify = async (
  needs: { readonly connections: Connections; readonly log: EventLog; readonly projection: Projection },
  options: { readonly signal: AbortSignal; readonly onProgress?: (progress: ReplayProgress) => void },
): Promise<Comparison> => {
  const { connections, log, projection } = needs;
  const { schema } = projection;
  const lasting = connections.in(firstSchema);
  const serving = await readServing(lasting);
  if (serving.schema === schema) throw new MaintenanceRefused(`${schema} serves: name the one to compare it with`);
  const model = (await listModels(lasting)).find((one) => one.schema === schema);
  if (model === undefined) throw new MaintenanceRefused(`there is no read model ${schema}`);
  if (model.state === 'building') {
    throw new MaintenanceRefused(
      `${schema} is not complete: kuraxx projections rebuild goes on with it, and compares at its end`,
    );
  }
  await setState(lasting, schema, 'comparing');
  try {
    const held = await holdPartitions(projection, log.partitions, options.signal);
    try {
      return await compareWithServing({
        ...options,
        connections,
        log,
        servingSchema: serving.schema,
        projection,
        held,
      });
    } finally {
      await letGo(held);
    }
  } finally {
    await setState(lasting, schema, 'following');
  }
};
