import { openMaintenance, openReadModel } from '@kuraxx/read-model';
import type { Servers } from '../frame/servers.ts';
import { withoutPassword } from '../frame/servers.ts';
import { bad, type Finding, good, poor, reasonOf } from './finding.ts';

/** From so many events on that are in the log and not in the rows, reads are noticeably old. */
const muchLag = 1000;

/** Whether it answers. @throws what it says instead */
const checkPostgres = async (servers: Servers, databaseUrl: string): Promise<Finding> => {
  const readModel = await openReadModel({ databaseUrl });
  servers.closeLater(() => readModel.close());
  const { schema } = await readModel.serving();
  return good('postgres', `${schema} serves, at ${withoutPassword(databaseUrl)}; how far it is the log would tell`);
};

/** Postgres, and the read models in it. */
export const checkReadModels = async (servers: Servers): Promise<Finding[]> => {
  const { databaseUrl } = await servers.target();
  const log = await servers.log().catch(() => undefined); // what is wrong with the log, its own check says
  try {
    if (log === undefined) return [await checkPostgres(servers, databaseUrl)];
    const maintenance = await openMaintenance(databaseUrl, log);
    servers.closeLater(() => maintenance.close());
    const { serving, models } = await maintenance.status();
    const findings = [good('postgres', `${serving.schema} serves, at ${withoutPassword(databaseUrl)}`)];
    for (const { schema, partitions, parked, state } of models) {
      const alone = partitions.filter(({ worked }) => !worked && state === 'following');
      const lag = partitions.reduce((sum, one) => sum + one.lag, 0);
      if (alone.some(({ checkpoint, head }) => checkpoint > head)) {
        findings.push(
          bad(
            schema,
            'is ahead of the log, which has lost events (restored from a backup?)',
            'kuraxx projections rebuild',
          ),
        );
      } else if (alone.length > 0) {
        findings.push(bad(schema, `nobody works on ${alone.length} of its partitions`, 'start a projector'));
      } else if (lag > muchLag)
        findings.push(poor(schema, `${lag} events behind the log`, 'see the projector\u2019s log'));
      if (partitions.some(({ foreign }) => foreign)) {
        findings.push(bad(schema, 'was built from another log', 'kuraxx projections rebuild'));
      }
      if (parked.length > 0) {
        findings.push(
          poor(schema, `${parked.length} rooms or accounts are parked`, 'kuraxx projections status says why'),
        );
      }
    }
    return findings;
  } catch (error) {
    return [bad('postgres', reasonOf(error), `start Postgres at ${withoutPassword(databaseUrl)}, or set DATABASE_URL`)];
  }
};
