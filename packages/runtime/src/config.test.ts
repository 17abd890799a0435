import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, developmentSecret, envSchema, readConfig, secretNames } from './index.ts';

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://kuraxx@db/kuraxx',
  NATS_URL: 'nats://nats:4222',
  REDIS_HOST: 'redis',
  JWT_SECRET: 'x'.repeat(32),
};

test('an empty environment gives working defaults', () => {
  expect(readConfig({})).toMatchObject({
    http: { port: 3001 },
    ws: { port: 3002, heartbeatIntervalMs: 30_000 },
    jwt: { accessExpiryMs: 900_000, refreshExpiryMs: 604_800_000 },
    redisUrl: 'redis://127.0.0.1:6379',
  });
});

test('an empty variable counts as unset', () => {
  expect(readConfig({ PORT: '', JWT_ACCESS_EXPIRY: '' }).http.port).toBe(3001);
});

test.each([
  ['900', 900],
  ['15m', 900_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
])('the duration %s is %d ms', (written, milliseconds) => {
  expect(readConfig({ JWT_ACCESS_EXPIRY: written }).jwt.accessExpiryMs).toBe(milliseconds);
});

test('every bad variable is named at once, and no value is shown', () => {
  const read = () => readConfig({ PORT: 'http', JWT_SECRET: 'short-secret', JWT_ACCESS_EXPIRY: 'soon' });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/PORT[\s\S]*JWT_SECRET|JWT_SECRET[\s\S]*PORT/);
  expect(read).toThrow(/JWT_ACCESS_EXPIRY/);
  expect(read).not.toThrow(/short-secret/);
});

test('production with all that it needs starts', () => {
  expect(readConfig(production).redisUrl).toBe('redis://redis:6379');
});

test.each([
  ['no secret', { JWT_SECRET: '' }, /JWT_SECRET/],
  ['a short secret', { JWT_SECRET: 'x'.repeat(31) }, /JWT_SECRET/],
  ['the development secret', { JWT_SECRET: developmentSecret }, /JWT_SECRET/],
  ['no database', { DATABASE_URL: '' }, /DATABASE_URL/],
  ['no NATS', { NATS_URL: '' }, /NATS_URL/],
  ['no Redis', { REDIS_HOST: '' }, /REDIS_URL/],
  ['an open CORS list', { CORS_ORIGIN: '*' }, /CORS_ORIGIN/],
  ['a CORS list that is open beside others', { CORS_ORIGIN: 'https://one.example, *' }, /CORS_ORIGIN/],
])('production refuses %s', (_what, change, message) => {
  expect(() => readConfig({ ...production, ...change })).toThrow(message);
});

test('what opens sockets in development: the page of the api, and any of this machine as long as no list is set', () => {
  expect(readConfig({ PORT: '4001' }).cors).toEqual({
    origins: ['http://localhost:3000'],
    socketOrigins: ['http://localhost:4001', 'http://127.0.0.1:4001'],
    anyLocalSocketOrigin: true,
  });
  const listed = readConfig({ CORS_ORIGIN: 'https://one.example, https://two.example' }).cors;
  expect(listed).toMatchObject({
    origins: ['https://one.example', 'https://two.example'],
    anyLocalSocketOrigin: false,
  });
});

test('in production only what is listed opens sockets', () => {
  expect(readConfig(production).cors).toMatchObject({ socketOrigins: [], anyLocalSocketOrigin: false });
});

test('REDIS_URL wins over REDIS_HOST, and a password is escaped', () => {
  expect(readConfig({ REDIS_URL: 'redis://one:1', REDIS_HOST: 'two' }).redisUrl).toBe('redis://one:1');
  expect(readConfig({ REDIS_HOST: 'two', REDIS_PORT: '7', REDIS_PASSWORD: 'a/b' }).redisUrl).toBe(
    'redis://:a%2Fb@two:7',
  );
});

test('a secret can lie in a file, white space around it is no part of it, and its own problems are told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  const file = join(folder, 'jwt');
  try {
    writeFileSync(file, `${'y'.repeat(40)}\n`);
    expect(readConfig({ ...production, JWT_SECRET: '', JWT_SECRET_FILE: file }).jwt.secret).toBe('y'.repeat(40));
    expect(() => readConfig({ ...production, JWT_SECRET_FILE: file })).toThrow(
      /JWT_SECRET_FILE: JWT_SECRET is set as well/,
    );
    expect(() => readConfig({ JWT_SECRET_FILE: join(folder, 'none') })).toThrow(/JWT_SECRET_FILE: .*no such file/);
    writeFileSync(file, 'short');
    expect(() => readConfig({ JWT_SECRET_FILE: file })).toThrow(/JWT_SECRET/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('every secret has a variable for its file, and nothing else has', () => {
  const files = Object.keys(envSchema.shape).filter((name) => name.endsWith('_FILE'));
  expect(files.toSorted()).toEqual(secretNames.map((name) => `${name}_FILE`).toSorted());
});

test('whom to ask NATS as', () => {
  expect(readConfig({}).nats).toEqual({ url: 'nats://127.0.0.1:4222' });
  const set = { NATS_URL: 'nats://a,nats://b', NATS_USER: 'api', NATS_PASSWORD: 'secret', NATS_TLS_CA: '/ca.pem' };
  expect(readConfig(set).nats).toEqual({
    url: 'nats://a,nats://b',
    user: 'api',
    password: 'secret',
    tls: { caFile: '/ca.pem' },
  });
  expect(() => readConfig({ NATS_USER: 'api' })).toThrow(/NATS_PASSWORD/);
  expect(() => readConfig({ NATS_TLS_CERT: '/cert.pem' })).toThrow(/NATS_TLS_KEY/);
  expect(() => readConfig({ ...set, NATS_CREDS: '/api.creds' })).toThrow(/NATS_CREDS/);
});

const firebase = {
  FIREBASE_PROJECT_ID: 'chat',
  FIREBASE_STORAGE_BUCKET: 'gs://chat.firebasestorage.app',
  FIREBASE_CLIENT_EMAIL: 'uploads@chat.iam.gserviceaccount.com',
  FIREBASE_PRIVATE_KEY: '-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----\\n',
};

test('without Firebase files lie in the data folder, with it in its bucket', () => {
  expect(readConfig({ KURAXX_DATA_DIR: '/data' }).files).toMatchObject({ folder: '/data/files', firebase: undefined });
  expect(readConfig(firebase).files.firebase).toEqual({
    bucket: 'chat.firebasestorage.app',
    account: {
      projectId: 'chat',
      clientEmail: 'uploads@chat.iam.gserviceaccount.com',
      privateKey: '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n',
    },
  });
  const byPath = { FIREBASE_STORAGE_BUCKET: 'b', FIREBASE_SERVICE_ACCOUNT_PATH: '/account.json' };
  expect(readConfig(byPath).files.firebase).toEqual({ bucket: 'b', account: { path: '/account.json' } });
});

test.each(Object.keys(firebase))('Firebase without %s is refused: files would silently go elsewhere', (name) => {
  expect(() => readConfig({ ...firebase, [name]: '' })).toThrow(new RegExp(`${name}: is missing`));
});

test('.env.example explains exactly the variables that are read', () => {
  const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
  const named = [...example.matchAll(/^#? ?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(Object.keys(envSchema.shape).toSorted());
});

test('docs/operations.md names every variable', () => {
  const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  expect(Object.keys(envSchema.shape).filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
});

test('the defaults in .env.example are the real ones', () => {
  const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
  // that the list of origins is set at all means something by itself: see above
  const apart = /^(NATS|DATABASE|REDIS)_|^CORS_ORIGIN$/;
  const others: NodeJS.ProcessEnv = {};
  for (const [, name = '', value] of example.matchAll(/^#? ?([A-Z][A-Z0-9_]*)=(.+)$/gm)) {
    if (!apart.test(name)) others[name] = value;
  }
  expect(readConfig(others)).toEqual(readConfig({}));
  expect(example).toContain(`CORS_ORIGIN=${readConfig({}).cors.origins.join(',')}\n`);
});
