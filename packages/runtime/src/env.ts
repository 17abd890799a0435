import { z } from 'zod';

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const isUnit = (unit: string): unit is keyof typeof unitsMs => Object.hasOwn(unitsMs, unit);

/** A duration as people write it, `15m` or `7d` (ms, s, m, h, d); a bare number is milliseconds. Parsed to milliseconds. */
const duration = z.string().transform((value, context) => {
  const [, count = '', unit = 'ms'] = /^(\d{1,12})(ms|s|m|h|d)?$/.exec(value.trim()) ?? [];
  if (count === '' || !isUnit(unit) || Number(count) === 0) {
    context.addIssue({ code: 'custom', message: 'a duration such as 900000, 15m or 7d' });
    return z.NEVER;
  }
  return Number(count) * unitsMs[unit];
});

/** The same, or a bare 0 for none at all. */
const durationOrNone = z.union([z.literal('0').transform(() => 0), duration]);

const whole = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'a whole number').transform(Number).pipe(z.int().min(min).max(max));

const port = whole(1, 65_535);
const limit = whole(1, 1_000_000_000);

const secret = z.string().min(32, 'at least 32 characters');
const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ });

/** What OpenTelemetry knows for JavaScript (sdk-trace-base, `buildSamplerFromEnv`). Of any other name it traces everything, without a word. */
const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const share = z.string().trim().min(1).transform(Number).pipe(z.number('a number from 0 to 1').min(0).max(1));

/** The secret of development; production refuses it. */
export const developmentSecret = 'kuraxx-development-secret-do-not-use-in-production';

/** Every environment variable that the services read. Each is explained in .env.example. */
export const envSchema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  PORT: port.default(3001),
  WS_PORT: port.default(3002),
  WS_PUBLIC_URL: z.url({ protocol: /^wss?$/ }).optional(),
  WS_HOST: z.string().default('0.0.0.0'),
  WS_HEARTBEAT_INTERVAL: duration.default(30_000),
  WS_HEARTBEAT_TIMEOUT: duration.default(60_000),
  WS_PORT_SHARING: z.enum(['none', 'first', 'join']).default('none'),
  WS_COMPRESSION: z.stringbool().default(false),
  WS_TOKEN_GRACE: duration.default(30_000),
  WS_DRAIN_TIMEOUT: duration.pipe(z.number().max(12_000, 'at most 12s')).default(5_000),
  WS_AUTH_TIMEOUT: duration.default(5_000),
  WS_MAX_CONNECTIONS: whole(1, 10_000_000).default(50_000),
  WS_MAX_CONNECTIONS_PER_USER: whole(1, 10_000_000).default(1_000),
  WS_MAX_CONNECTIONS_PER_ADDRESS: whole(1, 10_000_000).default(20_000),
  WS_MAX_ROOMS_PER_SOCKET: whole(1, 1_000_000).default(1_000),
  WS_MAX_FRAMES_PER_SECOND: whole(1, 1_000_000).default(1_000),
  WS_MAX_FRAME_BURST: whole(1, 1_000_000).default(5_000),
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_URL_FILE: z.string().optional(),
  DATABASE_READ_URL: z
    .string()
    .transform((list) => list.split(',').map((url) => url.trim()))
    .pipe(z.array(databaseUrl).max(16))
    .default([]),
  DATABASE_READ_URL_FILE: z.string().optional(),
  NATS_URL: z.string().optional(),
  NATS_USER: z.string().optional(),
  NATS_PASSWORD: z.string().optional(),
  NATS_PASSWORD_FILE: z.string().optional(),
  NATS_CREDS: z.string().optional(),
  NATS_TLS_CA: z.string().optional(),
  NATS_TLS_CERT: z.string().optional(),
  NATS_TLS_KEY: z.string().optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  REDIS_URL_FILE: z.string().optional(),
  REDIS_HOST: z.string().optional(),
  REDIS_PORT: port.optional(),
  REDIS_PASSWORD: z.string().optional(),
  REDIS_PASSWORD_FILE: z.string().optional(),
  JWT_SECRET: secret.optional(),
  JWT_SECRET_FILE: z.string().optional(),
  JWT_SECRET_PREVIOUS: secret.optional(),
  JWT_SECRET_PREVIOUS_FILE: z.string().optional(),
  JWT_ACCESS_EXPIRY: duration.default(900_000),
  JWT_REFRESH_EXPIRY: duration.default(604_800_000),
  CORS_ORIGIN: z.string().optional(),
  TRUST_PROXY: whole(0, 10).default(0),
  RATE_LIMIT_ENABLED: z.stringbool().default(true),
  RATE_LIMIT_WINDOW_MS: whole(1000, 86_400_000).default(60_000),
  RATE_LIMIT_MAX_REQUESTS: limit.default(60_000),
  RATE_LIMIT_MAX_READS: limit.default(30_000),
  RATE_LIMIT_MAX_WRITES: limit.default(30_000),
  RATE_LIMIT_MAX_SENDS: limit.default(60_000),
  RATE_LIMIT_MAX_UPLOADS: limit.default(600),
  RATE_LIMIT_MAX_SIGN_INS: limit.default(600),
  RATE_LIMIT_MAX_FRAMES: limit.default(120_000),
  RATE_LIMIT_ADDRESS_FACTOR: whole(1, 1_000_000).default(20),
  API_BASE_URL: z.url({ protocol: /^https?$/ }).optional(),
  KURAXX_FILES_DIR: z.string().optional(),
  FIREBASE_PROJECT_ID: z.string().optional(),
  FIREBASE_STORAGE_BUCKET: z.string().optional(),
  FIREBASE_CLIENT_EMAIL: z.string().optional(),
  FIREBASE_PRIVATE_KEY: z.string().optional(),
  FIREBASE_PRIVATE_KEY_FILE: z.string().optional(),
  FIREBASE_SERVICE_ACCOUNT_PATH: z.string().optional(),
  MAX_FILE_SIZE_MB: whole(1, 5_000).default(50),
  MAX_IMAGE_SIZE_MB: whole(1, 500).default(10),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
  OTEL_EXPORTER_OTLP_HEADERS_FILE: z.string().optional(),
  OTEL_TRACES_SAMPLER: z.enum(samplers).optional(),
  OTEL_TRACES_SAMPLER_ARG: share.optional(),
  OTEL_RESOURCE_ATTRIBUTES: z.string().optional(),
  OTEL_SDK_DISABLED: z.stringbool().default(false),
  KURAXX_OPERATIONS_HOST: z.string().default('127.0.0.1'),
  KURAXX_OPERATIONS_PORT: whole(0, 65_535).default(0),
  KURAXX_STOP_DELAY: durationOrNone.pipe(z.number().max(10_000, 'at most 10s')).default(0),
  KURAXX_PARTITIONS: whole(1, 256).default(4),
  KURAXX_REPLICAS: whole(1, 5).default(1),
  KURAXX_GATEWAYS: whole(1, 64).optional(),
  KURAXX_DATA_DIR: z.string().default('.kuraxx'),
  KURAXX_SERVERS_DIR: z.string().optional(),
});

export type Env = z.output<typeof envSchema>;
