import { probePort } from '@kuraxx/servers';
import { StartError } from './report.ts';

/**
 * Asks for a port on all addresses, as a service will. An ordinary listener also meets those that share by SO_REUSEPORT.
 *
 * @throws {StartError} naming the port and the variable that sets another
 */
export const requireFreePort = async (port: number, variable: string, what: string): Promise<void> => {
  for (const host of ['0.0.0.0', '::', '127.0.0.1']) {
    const state = await probePort(port, host);
    if (state === 'free') continue;
    throw new StartError(
      state === 'taken'
        ? `Port ${port} for the ${what} is taken. Stop what listens there, or set ${variable} to another port.`
        : `Port ${port} for the ${what} is only for root. Set ${variable} to one above 1023.`,
    );
  }
};
