import { instanceName, type ServiceKind } from '@kuraxx/launcher';

/** How large the system under test is, and who uses it. */
export type Shape = {
  readonly api: number;
  readonly gateway: number;
  readonly projector: number;
  readonly bridge: number;
  readonly users: number;
  /** Sockets; the first ones belong to one user each, further ones make users have two. */
  readonly devices: number;
  /** The first is left by nobody. Room `n` is owned by user `n` modulo the users. */
  readonly rooms: number;
};

export const usualShape: Shape = {
  api: 2,
  gateway: 2,
  projector: 2,
  bridge: 1,
  users: 6,
  devices: 8,
  rooms: 4,
};

const kinds = ['api', 'gateway', 'projector', 'bridge'] as const;

/** All processes of services, by kind. */
export const processesOf = (shape: Shape): readonly { readonly kind: ServiceKind; readonly name: string }[] =>
  kinds.flatMap((kind) =>
    Array.from({ length: shape[kind] }, (_, index) => ({ kind, name: instanceName(kind, index) })),
  );

export const serverNames = ['nats', 'postgres', 'redis'] as const;
export type ServerName = (typeof serverNames)[number];

const serversOf: Record<ServiceKind, readonly ServerName[]> = {
  api: ['nats', 'postgres'],
  gateway: ['nats', 'postgres'],
  projector: ['nats', 'postgres'],
  bridge: ['nats', 'redis'],
};

/** Every connection that leads through a proxy, as `<from>><to>`: each process has its own to each server that it uses. */
export const linksOf = (shape: Shape): readonly string[] => {
  const processes = processesOf(shape);
  return [
    ...processes.flatMap(({ kind, name }) => serversOf[kind].map((server) => `${name}>${server}`)),
    ...processes.filter(({ kind }) => kind === 'api' || kind === 'gateway').map(({ name }) => `clients>${name}`),
    'consumer>redis',
  ];
};
