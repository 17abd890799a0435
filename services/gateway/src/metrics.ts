import { closeCodes } from '@kuraxx/contracts';
import { counterBy } from '@kuraxx/runtime';
import { Gauge, type Registry } from 'prom-client';
import type { Gateway } from './gateway.ts';

/** Ours, and those that browsers and networks bring about; whatever else a client says counts as one. */
const namedCloseCodes = new Set<number>([...Object.values(closeCodes), 1000, 1001, 1005, 1006]);

const closesOf = (closes: ReadonlyMap<number, number>): ReadonlyMap<string, number> => {
  const named = new Map<string, number>();
  for (const [code, count] of closes) {
    const name = namedCloseCodes.has(code) ? String(code) : 'other';
    named.set(name, (named.get(name) ?? 0) + count);
  }
  return named;
};

/** Shows what a gateway holds and has done. It is read when it is asked for: serving frames doesn't pay for it. */
export const showMetrics = (registry: Registry, { load, counts }: Pick<Gateway, 'load' | 'counts'>): void => {
  const registers = [registry];
  const counter = (name: string, help: string, read: () => number): void =>
    counterBy(registry, { name, help }, () => [[{}, read()]]);

  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
  // shown in this order: the first one reads for all
  new Gauge({
    name: 'kuraxx_gateway_sockets',
    help: 'Open sockets',
    registers,
    collect() {
      const { sockets, authenticatedSockets, joinedRooms, followedRooms, unsentBytes } = load(); // one pass over all sockets
      this.set(sockets);
      authenticated.set(authenticatedSockets);
      joined.set(joinedRooms);
      followed.set(followedRooms);
      unsent.set(unsentBytes);
    },
  });
  const authenticated = gauge('kuraxx_gateway_authenticated_sockets', 'Sockets that a user has signed in on');
  const joined = gauge('kuraxx_gateway_joined_rooms', 'Rooms joined, of all sockets together');
  const followed = gauge('kuraxx_gateway_followed_rooms', 'Rooms whose live feed this process follows');
  const unsent = gauge('kuraxx_gateway_unsent_bytes', 'What clients have not read yet');
  counterBy(
    registry,
    { name: 'kuraxx_gateway_frames_total', help: 'Frames that clients have sent, by type', labelNames: ['type'] },
    () => Object.entries(counts.frames).map(([type, count]) => [{ type }, count]),
  );
  counterBy(
    registry,
    {
      name: 'kuraxx_gateway_refused_frames_total',
      help: 'Frames that were answered by an error',
      labelNames: ['type', 'code'],
    },
    () =>
      [...counts.refused].flatMap(([type, codes]) =>
        [...codes].map(([code, count]) => [{ type, code }, count] as const),
      ),
  );
  counterBy(
    registry,
    {
      name: 'kuraxx_gateway_sends_total',
      help: 'Messages of sockets that the log has acknowledged',
      labelNames: ['outcome'],
    },
    () => [
      [{ outcome: 'stored' }, counts.stored],
      [{ outcome: 'repeated' }, counts.repeated],
    ],
  );
  counter('kuraxx_gateway_event_frames_total', 'Events that were framed for a room', () => counts.eventFrames);
  counter('kuraxx_gateway_deliveries_total', 'Frames that rooms have handed to sockets', () => counts.deliveries);
  counter('kuraxx_gateway_replayed_total', 'Missed event frames sent to those who came back', () => counts.replayed);
  counterBy(
    registry,
    {
      name: 'kuraxx_gateway_resumes_total',
      help: 'Rooms resumed, by where the missed came from',
      labelNames: ['source'],
    },
    () => Object.entries(counts.resumes).map(([source, count]) => [{ source }, count]),
  );
  counterBy(
    registry,
    { name: 'kuraxx_gateway_closes_total', help: 'Closed sockets by close code', labelNames: ['code'] },
    () => [...closesOf(counts.closes)].map(([code, count]) => [{ code }, count]),
  );
  counter('kuraxx_gateway_dropped_total', 'Frames that a socket never got; has to stay 0', () => counts.dropped);
};
