import { FewMap } from './few-map.ts';
import type { Session } from './session.ts';

/** A session as data, without a socket. */
export const sessionOf = (more: Partial<Session> = {}): Session => ({
  openedAtMs: 0,
  address: '192.0.2.1',
  encoding: 'json',
  rooms: new FewMap(),
  entering: new FewMap(),
  typing: new FewMap(),
  identity: undefined,
  expiryTold: false,
  closed: false,
  endedHere: false,
  wasClosed: () => undefined,
  whenClosed: () => Promise.resolve(),
  send: () => undefined,
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  cork: (work) => work(),
  unsentBytes: () => 0,
  whenUnsentBelow: () => Promise.resolve(),
  drained: () => undefined,
  slowSend: undefined,
  workBegins: () => undefined,
  workEnds: () => undefined,
  whenWorkBelow: () => undefined,
  ping: () => undefined,
  cut: () => undefined,
  end: () => undefined,
  ...more,
});
