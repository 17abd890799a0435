import { type Maintenance, MaintenanceRefused, openMaintenance } from '@kuraxx/read-model';
import type { Context } from './action.ts';
import { CliError } from './exit-codes.ts';

/** Runs work on the read models of the system. What is not allowed ends with `refused`. */
export const withMaintenance = async <T>(
  { servers }: Pick<Context, 'servers'>,
  work: (maintenance: Maintenance) => Promise<T>,
): Promise<T> => {
  const { databaseUrl } = await servers.target();
  const maintenance = await openMaintenance(databaseUrl, await servers.log());
  servers.closeLater(() => maintenance.close());
  try {
    return await work(maintenance);
  } catch (error) {
    if (error instanceof MaintenanceRefused) throw new CliError('refused', error.message, { cause: error });
    throw error;
  }
};
