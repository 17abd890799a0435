import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningServer } from '@kuraxx/servers';
import type { TcpProxy } from '@kuraxx/testing/tcp-proxy';
import type { Happening } from '../history/records.ts';
import type { Fault } from '../plan/faults.ts';
import { bringUp, type Servers } from './servers.ts';
import type { ChaosSystem } from './system.ts';

/** Undoes a fault; called once. */
type Undo = () => Promise<void>;

const nothing: Undo = async () => undefined;

/** Signals a process, if it is still there. */
const signal = (pid: number, what: NodeJS.Signals): void => {
  try {
    process.kill(pid, what);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};

/** The process and those that it has started: Postgres works in such. Elsewhere than on Linux the process alone. */
const withChildren = (pid: number): number[] => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return [pid, ...(children === '' ? [] : children.split(' ').map(Number))];
  } catch {
    return [pid];
  }
};

/** A link with several faults at once: the worst of them shows. */
const createLinkFaults = (proxy: TcpProxy) => {
  const active = new Set<Fault>();
  const show = (): void => {
    proxy.resume();
    for (const { kind, delayMs = 0 } of active) if (kind === 'slow') proxy.slow(delayMs);
    const kinds = new Set([...active].map(({ kind }) => kind));
    if (kinds.has('cut')) proxy.cut();
    else if (kinds.has('stall')) proxy.pause();
  };
  return {
    begin: (fault: Fault): Undo => {
      active.add(fault);
      show();
      return async () => {
        active.delete(fault);
        show();
      };
    },
  };
};

/** A server that is kept down by one fault or several. */
const createServerFaults = (server: RunningServer) => {
  let downs = 0;
  let last: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work);
    return last;
  };
  return {
    begin: async (kind: 'kill' | 'restart'): Promise<Undo> => {
      downs++;
      await inTurn(() => (kind === 'kill' ? server.kill() : server.stop()));
      return () => {
        downs--;
        return inTurn(async () => {
          if (downs === 0) await bringUp(server);
        });
      };
    },
  };
};

/** What it breaks. */
export type Victim = Pick<ChaosSystem, 'links' | 'pidOf' | 'lose' | 'comeBack'> & {
  readonly servers: Pick<Servers, 'all'>;
};

export type Nemesis = {
  /** Carries the plan out; resolves when all of it is undone. `heal` ends it early. @throws {ServersError} when a server doesn't come up again */
  run(faults: readonly Fault[]): Promise<void>;
  /** Undoes everything now and does nothing more. */
  heal(): void;
  /** Whether the death of a process was wanted; each kill explains one death. */
  explains(name: string): boolean;
};

/** The name of the NATS node that leads a stream now. */
export type LeaderOf = (stream: string) => Promise<string>;

const leaderPrefix = 'leader of ';

/** Does what the plan says, to our own processes and connections alone. */
export const createNemesis = (
  system: Victim,
  record: (happening: Happening) => void,
  leaderOf: LeaderOf = async (stream) => Promise.reject(new Error(`${stream} has no leader: there is no cluster`)),
): Nemesis => {
  const stopping = new AbortController();
  const links = new Map([...system.links].map(([name, proxy]) => [name, createLinkFaults(proxy)]));
  const servers = new Map(
    Object.entries(system.servers.all).map(([name, server]) => [name, createServerFaults(server)]),
  );
  const killed = new Map<string, number>();
  const pause = (ms: number): Promise<void> =>
    delay(Math.max(0, ms), undefined, { signal: stopping.signal }).catch(() => undefined); // healing ends every pause

  const freeze = (target: string): Undo => {
    const pid = system.pidOf(target);
    if (pid === undefined) return nothing;
    const pids = withChildren(pid);
    for (const one of pids) signal(one, 'SIGSTOP');
    return async () => {
      for (const one of pids.toReversed()) signal(one, 'SIGCONT');
    };
  };
  const begin = async (fault: Fault): Promise<Undo> => {
    const { kind, target } = fault;
    if (kind === 'cut' || kind === 'stall' || kind === 'slow') return links.get(target)?.begin(fault) ?? nothing;
    if (kind === 'freeze') return freeze(target);
    const server = servers.get(target);
    if (server !== undefined) return server.begin(kind);
    const pid = system.pidOf(target);
    if (pid === undefined) return nothing; // it is down already
    killed.set(target, (killed.get(target) ?? 0) + 1);
    if (kind === 'kill' && fault.forMs > 0) {
      await system.lose(target, fault.forMs);
      return async () => system.comeBack(target); // of its own accord by now, unless all is healed early
    }
    signal(pid, kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
    return nothing;
  };
  const run = async (fault: Fault, startedAt: number): Promise<void> => {
    await pause(startedAt + fault.atMs - Date.now());
    if (stopping.signal.aborted) return;
    const name = `${fault.kind} ${fault.id}`;
    const { target: wanted } = fault;
    const target = wanted.startsWith(leaderPrefix) ? await leaderOf(wanted.slice(leaderPrefix.length)) : wanted;
    record({ type: 'faultBegun', fault: name, target });
    const undo = await begin({ ...fault, target });
    await pause(fault.forMs);
    await undo();
    record({ type: 'faultEnded', fault: name, target });
  };
  return {
    run: async (faults) => {
      const startedAt = Date.now();
      const ends = await Promise.allSettled(faults.map((fault) => run(fault, startedAt)));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    },
    heal: () => stopping.abort(),
    explains: (name) => {
      const left = killed.get(name) ?? 0;
      if (left > 0) killed.set(name, left - 1);
      return left > 0;
    },
  };
};
