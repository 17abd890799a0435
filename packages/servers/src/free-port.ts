import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the kernel's ephemeral range (32768 upwards on Linux, 49152 on macOS): a port from that range may be taken by
// anybody's outgoing connection while its server is being restarted, even by a client that connects to itself.
const lowestPort = 15_000;
const highestPort = 32_000;
const attempts = 50;

/** @returns whether nobody listens on the port of this address now. */
export const isPortFree = (port: number, host = '127.0.0.1'): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });

/**
 * A port on 127.0.0.1 that was free a moment ago. Another process may still be faster, so whoever binds it should be
 * ready to ask again.
 *
 * @throws {Error} when none of 50 random ports is free
 */
export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(lowestPort, highestPort);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`none of ${attempts} ports between ${lowestPort} and ${highestPort} is free on 127.0.0.1`);
};
