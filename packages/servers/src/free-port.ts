import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';
import { systemCode } from './errors.ts';

// Below the kernel's ephemeral range (32768 upwards on Linux, 49152 on macOS): a port from that range may be taken by
// anybody's outgoing connection while its server is being restarted, even by a client that connects to itself.
const lowestPort = 15_000;
const highestPort = 32_000;
const attempts = 50;

/**
 * The last ports that this process was given, in order, each with what keeps it from being given again, here or by
 * another process: most are bound only a little later, or lost for a while when their server restarts, and look free
 * until then. A datagram socket on the same number is in nobody's way, and the kernel closes it with its process.
 */
const given = new Map<number, Socket>();
const mostGiven = 1000;

/** Keeps a port's number from other processes that ask `freePort`; undefined when one of them has it. */
const reserve = (port: number): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4').unref();
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(socket));
  });

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
 * A port on 127.0.0.1 that nobody listens on, and that no process on this machine is given until this one ends or was
 * given 1,000 others. Who doesn't ask here may still take it before it is bound.
 *
 * @throws {Error} when none of 50 random ports is free
 */
export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(lowestPort, highestPort);
    const reservation = await reserve(port);
    if (reservation === undefined) continue;
    if ((await probePort(port)) !== 'free') {
      reservation.close();
      continue;
    }
    given.set(port, reservation);
    const [oldest] = given;
    if (given.size > mostGiven && oldest !== undefined) {
      given.delete(oldest[0]);
      oldest[1].close();
    }
    return port;
  }
  throw new Error(`none of ${attempts} ports between ${lowestPort} and ${highestPort} is free on 127.0.0.1`);
};
