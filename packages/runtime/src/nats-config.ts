import type { Env } from './env.ts';

/**
 * Where NATS is, and as whom to ask it. The files of `credsPath` and `tls` are read when connecting, again at each reconnect: what is changed in
 * them counts then. A password is what it was at the start, also where it lay in a file.
 */
export type NatsConfig = {
  /** Comma-separated for a cluster. */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** A `.creds` file, for servers that know users by signed tokens. */
  readonly credsPath?: string | undefined;
  /** Present: the server's certificate is checked against `caFile` (the system's authorities without), and ours is shown. */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string } | undefined;
};

/** Half of a pair would be left out silently. @returns what is missing */
export const natsProblems = (env: Env): string[] => {
  const problems: string[] = [];
  if ((env.NATS_USER === undefined) !== (env.NATS_PASSWORD === undefined)) {
    problems.push('NATS_USER and NATS_PASSWORD: one of them is missing');
  }
  if ((env.NATS_TLS_CERT === undefined) !== (env.NATS_TLS_KEY === undefined)) {
    problems.push('NATS_TLS_CERT and NATS_TLS_KEY: one of them is missing');
  }
  if (env.NATS_CREDS !== undefined && env.NATS_USER !== undefined) {
    problems.push('NATS_CREDS: is of no use beside NATS_USER; set one of them');
  }
  return problems;
};

export const natsConfigOf = (env: Env): NatsConfig => {
  const tls = {
    ...(env.NATS_TLS_CA === undefined ? {} : { caFile: env.NATS_TLS_CA }),
    ...(env.NATS_TLS_CERT === undefined ? {} : { certFile: env.NATS_TLS_CERT }),
    ...(env.NATS_TLS_KEY === undefined ? {} : { keyFile: env.NATS_TLS_KEY }),
  };
  return {
    url: env.NATS_URL ?? 'nats://127.0.0.1:4222',
    user: env.NATS_USER,
    password: env.NATS_PASSWORD,
    credsPath: env.NATS_CREDS,
    tls: Object.keys(tls).length === 0 ? undefined : tls,
  };
};
