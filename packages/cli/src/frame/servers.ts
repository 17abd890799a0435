import { type EventLog, openExistingLog, Unavailable } from '@kuraxx/event-store';
import { natsOptions } from '@kuraxx/runtime';
import { connect, type NatsConnection } from 'nats';
import { CliError } from './exit-codes.ts';
import type { Target } from './target.ts';

const connectTimeoutMs = 3000;

/** The system's servers, connected to when first asked for. */
export type Servers = {
  /** Which system it is. @throws {CliError} usage, when nothing tells */
  target(): Promise<Target>;
  /** @throws {Unavailable} */
  nats(): Promise<NatsConnection>;
  /** @throws {Unavailable} @throws {CliError} refused, when no log was set up there */
  log(): Promise<EventLog>;
  /** Gives something to be closed with the run, in reverse order. */
  closeLater(close: () => unknown): void;
  close(): Promise<void>;
};

/** Runs once, also when it is called again while it runs; after a failure again. */
const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
};

export const createServers = (find: () => Promise<Target>): Servers => {
  const closers: (() => unknown)[] = [];
  const target = once(find);
  const nats = once(async () => {
    const { nats: config } = await target();
    try {
      // it reconnects for ever: a long replay outlives a restart of the server
      const connection = await connect({ ...natsOptions(config, 'cli'), timeout: connectTimeoutMs });
      closers.push(() => connection.close());
      return connection;
    } catch (error) {
      throw new Unavailable(`NATS doesn't answer at ${withoutPassword(config.url)}`, { cause: error });
    }
  });
  const log = once(async () => {
    const connection = await nats();
    try {
      const opened = await openExistingLog({ nats: connection, source: 'kuraxx/cli' });
      closers.push(() => opened.close());
      return opened;
    } catch (error) {
      if (error instanceof Unavailable || !(error instanceof Error)) throw error;
      const { nats: config } = await target();
      throw new CliError('refused', `${error.message} (${withoutPassword(config.url)})`, { cause: error });
    }
  });
  return {
    target,
    nats,
    log,
    closeLater: (close) => void closers.push(close),
    close: async () => {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
};

/** URLs as they may be shown. */
export const withoutPassword = (urls: string): string => urls.replaceAll(/\/\/([^/@:]*):[^/@]*@/g, '//$1:***@');
