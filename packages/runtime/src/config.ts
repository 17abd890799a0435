import { z } from 'zod';
import { developmentSecret, type Env, envSchema } from './env.ts';
import { type FilesConfig, filesConfigOf, firebaseProblems } from './files-config.ts';
import { type NatsConfig, natsConfigOf, natsProblems } from './nats-config.ts';
import { readSecretFiles } from './secret-files.ts';

/** The environment is not fit to start with; the message names every bad variable and never shows a value. */
export class ConfigError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
  }
}

/** What the services are told by their environment. Durations are milliseconds. */
export type Config = {
  readonly nodeEnv: Env['NODE_ENV'];
  readonly logLevel: Env['LOG_LEVEL'];
  readonly http: { readonly port: number; readonly trustedProxies: number };
  readonly ws: {
    readonly port: number;
    /** Where browsers reach the gateway; undefined: the api's host, at `port`. */
    readonly publicUrl: string | undefined;
    readonly host: string;
    readonly heartbeatIntervalMs: number;
    readonly heartbeatTimeoutMs: number;
    readonly sharing: Env['WS_PORT_SHARING'];
    /** Whether frames are compressed (permessage-deflate) for clients that offer it. */
    readonly compression: boolean;
    readonly tokenGraceMs: number;
    readonly drainTimeoutMs: number;
    readonly limits: {
      readonly authenticationTimeoutMs: number;
      readonly maxConnections: number;
      readonly maxConnectionsPerUser: number;
      readonly maxConnectionsPerAddress: number;
      readonly maxRoomsPerSocket: number;
      readonly framesPerSecond: number;
      readonly burstFrames: number;
    };
  };
  readonly databaseUrl: string;
  /** Copies of it that queries may go to. */
  readonly databaseReadUrls: readonly string[];
  readonly nats: NatsConfig;
  readonly redisUrl: string;
  readonly jwt: {
    readonly secret: string;
    /** What it signed still counts; it signs nothing. */
    readonly previousSecret: string | undefined;
    readonly accessExpiryMs: number;
    readonly refreshExpiryMs: number;
  };
  readonly cors: {
    readonly origins: readonly string[];
    /** May open sockets beside `origins`: outside production the api's own page, and any page of this machine when no list is set. */
    readonly socketOrigins: readonly string[];
    readonly anyLocalSocketOrigin: boolean;
  };
  readonly rateLimit: {
    readonly enabled: boolean;
    readonly windowMs: number;
    /** How often one user may do it in a window. */
    readonly perUser: {
      readonly request: number;
      readonly read: number;
      readonly write: number;
      readonly send: number;
      readonly upload: number;
      readonly signIn: number;
      readonly frame: number;
    };
    /** An address may do as much as this many users. */
    readonly addressFactor: number;
  };
  readonly files: FilesConfig;
  readonly log: { readonly partitions: number; readonly replicas: number };
  /** Whether the environment names a collector for traces; which one, and how many, OpenTelemetry reads itself. */
  readonly isTraced: boolean;
  /** Headers for the collector, as OpenTelemetry writes them (`name=value,…`): its key, say. */
  readonly traceHeaders: string | undefined;
  /** How long a service goes on after SIGTERM before it stops. */
  readonly stopDelayMs: number;
  readonly operations: { readonly host: string; readonly port: number };
  /** How many gateway processes `npm start` runs, undefined when that isn't said. */
  readonly gateways: number | undefined;
};

const redisUrlOf = (env: Env): string => {
  if (env.REDIS_URL !== undefined) return env.REDIS_URL;
  const password = env.REDIS_PASSWORD === undefined ? '' : `:${encodeURIComponent(env.REDIS_PASSWORD)}@`;
  return `redis://${password}${env.REDIS_HOST ?? '127.0.0.1'}:${env.REDIS_PORT ?? 6379}`;
};

const defaultOrigins = 'http://localhost:3000';

/** In production every page must be in the list, the api's own too: only who runs it knows how it is called outside. */
const corsOf = (env: Env): Config['cors'] => {
  const list = (env.CORS_ORIGIN ?? defaultOrigins).split(',').map((origin) => origin.trim());
  const origins = list.filter((origin) => origin !== '');
  const isProduction = env.NODE_ENV === 'production';
  return {
    origins,
    socketOrigins: isProduction ? [] : [`http://localhost:${env.PORT}`, `http://127.0.0.1:${env.PORT}`],
    anyLocalSocketOrigin: !isProduction && env.CORS_ORIGIN === undefined,
  };
};

const requireForProduction = (env: Env, origins: readonly string[]): string[] => {
  if (env.NODE_ENV !== 'production') return [];
  const missing = (['DATABASE_URL', 'NATS_URL', 'JWT_SECRET'] as const).filter((name) => env[name] === undefined);
  const problems = missing.map((name) => `${name}: is required in production`);
  if (env.REDIS_URL === undefined && env.REDIS_HOST === undefined) {
    problems.push('REDIS_URL (or REDIS_HOST and REDIS_PORT): is required in production');
  }
  if (env.JWT_SECRET === developmentSecret) problems.push('JWT_SECRET: is the development secret; set one of your own');
  if (env.JWT_SECRET_PREVIOUS === developmentSecret) {
    problems.push('JWT_SECRET_PREVIOUS: is the development secret, with which anybody can sign');
  }
  if (origins.includes('*')) problems.push('CORS_ORIGIN: * is refused in production, because credentials are allowed');
  return problems;
};

/**
 * The environment with the secrets themselves in the place of the variables that name their files, for who hands it on to others.
 *
 * @throws {ConfigError} naming every file that can't be read and every secret that is given twice, never a value
 */
export const environmentWithSecrets = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const { environment: whole, problems } = readSecretFiles(environment);
  if (problems.length > 0) throw new ConfigError(`The environment is not usable:\n${problems.join('\n')}`);
  return whole;
};

/**
 * Reads the whole configuration, once, at the rim, and the files that it names for secrets. Empty variables count as unset.
 *
 * @throws {ConfigError} naming every bad variable at once, never a value
 */
export const readConfig = (environment: NodeJS.ProcessEnv): Config => {
  const set = Object.fromEntries(
    Object.entries(environmentWithSecrets(environment)).filter(([, value]) => value !== ''),
  );
  const parsed = envSchema.safeParse(set);
  if (!parsed.success) throw new ConfigError(`The environment is not usable:\n${z.prettifyError(parsed.error)}`);
  const env = parsed.data;
  const cors = corsOf(env);
  const problems = [...requireForProduction(env, cors.origins), ...firebaseProblems(env), ...natsProblems(env)];
  if (problems.length > 0) throw new ConfigError(`The environment is not usable:\n${problems.join('\n')}`);
  return {
    nodeEnv: env.NODE_ENV,
    logLevel: env.LOG_LEVEL,
    http: { port: env.PORT, trustedProxies: env.TRUST_PROXY },
    ws: {
      port: env.WS_PORT,
      publicUrl: env.WS_PUBLIC_URL,
      host: env.WS_HOST,
      heartbeatIntervalMs: env.WS_HEARTBEAT_INTERVAL,
      heartbeatTimeoutMs: env.WS_HEARTBEAT_TIMEOUT,
      sharing: env.WS_PORT_SHARING,
      compression: env.WS_COMPRESSION,
      tokenGraceMs: env.WS_TOKEN_GRACE,
      drainTimeoutMs: env.WS_DRAIN_TIMEOUT,
      limits: {
        authenticationTimeoutMs: env.WS_AUTH_TIMEOUT,
        maxConnections: env.WS_MAX_CONNECTIONS,
        maxConnectionsPerUser: env.WS_MAX_CONNECTIONS_PER_USER,
        maxConnectionsPerAddress: env.WS_MAX_CONNECTIONS_PER_ADDRESS,
        maxRoomsPerSocket: env.WS_MAX_ROOMS_PER_SOCKET,
        framesPerSecond: env.WS_MAX_FRAMES_PER_SECOND,
        burstFrames: env.WS_MAX_FRAME_BURST,
      },
    },
    databaseUrl: env.DATABASE_URL ?? 'postgresql://postgres:postgres@127.0.0.1:5432/kuraxx',
    databaseReadUrls: env.DATABASE_READ_URL,
    nats: natsConfigOf(env),
    redisUrl: redisUrlOf(env),
    jwt: {
      secret: env.JWT_SECRET ?? developmentSecret,
      previousSecret: env.JWT_SECRET_PREVIOUS,
      accessExpiryMs: env.JWT_ACCESS_EXPIRY,
      refreshExpiryMs: env.JWT_REFRESH_EXPIRY,
    },
    cors,
    rateLimit: {
      enabled: env.RATE_LIMIT_ENABLED,
      windowMs: env.RATE_LIMIT_WINDOW_MS,
      perUser: {
        request: env.RATE_LIMIT_MAX_REQUESTS,
        read: env.RATE_LIMIT_MAX_READS,
        write: env.RATE_LIMIT_MAX_WRITES,
        send: env.RATE_LIMIT_MAX_SENDS,
        upload: env.RATE_LIMIT_MAX_UPLOADS,
        signIn: env.RATE_LIMIT_MAX_SIGN_INS,
        frame: env.RATE_LIMIT_MAX_FRAMES,
      },
      addressFactor: env.RATE_LIMIT_ADDRESS_FACTOR,
    },
    files: filesConfigOf(env),
    log: { partitions: env.KURAXX_PARTITIONS, replicas: env.KURAXX_REPLICAS },
    isTraced:
      !env.OTEL_SDK_DISABLED &&
      (env.OTEL_EXPORTER_OTLP_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) !== undefined,
    traceHeaders: env.OTEL_EXPORTER_OTLP_HEADERS,
    stopDelayMs: env.KURAXX_STOP_DELAY,
    operations: { host: env.KURAXX_OPERATIONS_HOST, port: env.KURAXX_OPERATIONS_PORT },
    gateways: env.KURAXX_GATEWAYS,
  };
};
