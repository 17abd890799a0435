import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { systemCode } from './errors.ts';

// Below the kernel's ephemeral range (32768 upwards on Linux, 49152 on macOS): a port from that range may be taken by
// anybody's outgoing connection while its server is being restarted, even by a client that connects to itself.
const lowestPort = 15_000;
const highestPort = 32_000;
const attempts = 50;

/** The last ports that this process was given, in order: most are bound only a little later, and look free until then. */
const given = new Set<number>();
const mostGiven = 1000;

export type PortState = 'free' | 'taken' | 'forbidden';

/**
 * Whether a server may listen on the port of this address now. An ordinary listener finds out what shares its port by
 * SO_REUSEPORT too. An address family that the machine doesn't have counts as free.
 */
export const probePort = (port: number, host = '127.0.0.1'): Promise<PortState> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => {
      const code = systemCode(error);
      if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') resolve('free');
      else resolve(code === 'EACCES' ? 'forbidden' : 'taken');
    });
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve('free')));
  });

/**
 * A port on 127.0.0.1 that was free a moment ago, and not among the last 1,000 that this process was given. Another process may still be faster, so whoever binds it should be
 * ready to ask again.
 *
 * @throws {Error} when none of 50 random ports is free
 */
export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(lowestPort, highestPort);
    if (given.has(port)) continue;
    given.add(port);
    const [oldest] = given;
    if (given.size > mostGiven && oldest !== undefined) given.delete(oldest);
    if ((await probePort(port)) === 'free') return port;
  }
  throw new Error(`none of ${attempts} ports between ${lowestPort} and ${highestPort} is free on 127.0.0.1`);
};
