import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { developmentSecret } from '@kuraxx/runtime';
import { expect, test } from 'vitest';

/** All that production needs; nobody listens there: what is wrong is found before anything is opened. */
const fit = {
  NODE_ENV: 'production',
  NATS_URL: 'nats://127.0.0.1:1',
  DATABASE_URL: 'postgresql://kuraxx@127.0.0.1:1/kuraxx',
  REDIS_URL: 'redis://127.0.0.1:1',
  JWT_SECRET: 'Rm9yIHRoaXMgdGVzdCBhbG9uZSwgb2YgNDggY2hhcmFjdGVycw',
  CORS_ORIGIN: 'https://chat.example',
};

const start = async (service: string, changes: Record<string, string>) => {
  const main = fileURLToPath(new URL(`../../../services/${service}/src/main.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: { PATH: process.env['PATH'], ...fit, ...changes },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
};

const short = 'only-31-characters-are-too-few!';

// What else is refused is tested where the configuration is read; here, that the programs mind it.
test.concurrent.each([
  ['api', 'the secret of development, and any origin', { JWT_SECRET: developmentSecret, CORS_ORIGIN: '*' }],
  ['gateway', 'a short secret', { JWT_SECRET: short }],
  ['projector', 'the secret of development', { JWT_SECRET: developmentSecret }],
  ['redis-bridge', 'no secret', { JWT_SECRET: '' }],
] as const)(
  'in production the %s refuses to start with %s',
  async (service, _what, changes) => {
    const { code, output } = await start(service, changes);
    expect(code).toBe(1);
    for (const variable of Object.keys(changes)) expect(output).toContain(variable);
    expect(output).not.toContain('"msg":"ready"');
    for (const secret of [developmentSecret, short]) expect(output).not.toContain(secret);
  },
  60_000,
);
