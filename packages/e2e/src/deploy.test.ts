import { existsSync, readFileSync } from 'node:fs';
import { envSchema, readConfig } from '@kuraxx/runtime';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

const service = z.object({
  image: z.string().optional(),
  build: z.object({ context: z.string(), dockerfile: z.string(), args: z.record(z.string(), z.string()) }).optional(),
  ports: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  profiles: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.literal('service_healthy') })).optional(),
});
const manifest = z.object({ name: z.string(), dependencies: z.record(z.string(), z.string()).default({}) });
const compose = z
  .object({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.unknown()) })
  .parse(parse(read('docker-compose.yml'), { merge: true }));

const ours = ['api', 'gateway', 'projector', 'redis-bridge'];
const servers = ['nats', 'postgres', 'redis'];
const of = (name: string) => service.parse(compose.services[name]);

test('the compose file has the servers, the services and the tools to debug and watch, and nothing else', () => {
  expect(Object.keys(compose.services).toSorted()).toEqual(
    [...ours, ...servers, 'adminer', 'redis-ui', 'prometheus', 'grafana'].toSorted(),
  );
});

test.each(servers)('%s has a health check, a volume that is declared, and listens on loopback alone', (name) => {
  const { healthcheck, volumes = [], ports = [] } = of(name);
  expect(healthcheck?.test[0]).toBe('CMD');
  expect(
    volumes.map((volume) => volume.split(':')[0]).every((volume) => volume !== undefined && volume in compose.volumes),
  ).toBe(true);
  expect(volumes).toHaveLength(1);
  expect(ports.every((port) => port.startsWith('${BIND_ADDRESS:-127.0.0.1}:'))).toBe(true);
});

test.each(ours)(
  '%s is built from what is there, waits for the servers, and its variables are ones that are read',
  (name) => {
    const { build, environment = {}, depends_on = {} } = of(name);
    expect(existsSync(new URL(build?.dockerfile ?? 'missing', root))).toBe(true);
    expect(existsSync(new URL(`services/${build?.args['SERVICE']}/src/main.ts`, root))).toBe(true);
    expect(Object.keys(depends_on).toSorted()).toEqual(servers);
    for (const variable of Object.keys(environment)) expect(Object.keys(envSchema.shape)).toContain(variable);
  },
);

test('with a secret of its own the composed environment is fit for production', () => {
  const environment = of('api').environment ?? {};
  const filled = Object.entries(environment).map(([name, value]) => [name, value.replace(/\$\{\w+:-([^}]*)\}/g, '$1')]);
  const config = readConfig({ ...Object.fromEntries(filled), JWT_SECRET: 's'.repeat(48) });
  expect(config).toMatchObject({ nodeEnv: 'production', http: { port: 3001 }, ws: { port: 3002 } });
});

test('every setting of a service can be made where the compose file runs', () => {
  const fixed = [
    'NODE_ENV',
    'NATS_URL',
    'DATABASE_URL',
    'DATABASE_READ_URL',
    'REDIS_URL',
    'REDIS_HOST',
    'REDIS_PORT',
    'REDIS_PASSWORD',
  ];
  // the ports inside are fixed, a composed NATS is one node, a container runs one gateway, and the folders are those of `npm start` or volumes
  const folders = ['KURAXX_DATA_DIR', 'KURAXX_SERVERS_DIR', 'KURAXX_FILES_DIR'];
  const inside = [
    'PORT',
    'WS_PORT',
    'WS_HOST',
    'KURAXX_REPLICAS',
    'KURAXX_GATEWAYS',
    'KURAXX_OPERATIONS_HOST',
    'KURAXX_OPERATIONS_PORT',
    ...folders,
  ];
  // nothing is mounted into these containers but the data, and the composed NATS asks for nobody
  const isMounted = (name: string): boolean =>
    name.endsWith('_FILE') || /^NATS_(USER|PASSWORD|CREDS|TLS_\w+)$/.test(name);
  const open = Object.keys(envSchema.shape).filter((name) => ![...fixed, ...inside].includes(name) && !isMounted(name));
  const { environment = {} } = of('api');
  for (const name of open) expect(environment[name], name).toMatch(new RegExp(`^\\$\\{${name}:-.*\\}$`));
});

test('the variables that the compose file names are explained', () => {
  const text = read('docker-compose.yml');
  const explained = `${read('.env.example')}${text.replaceAll(/^[^#\n]*$/gm, '')}`;
  for (const [, name = ''] of text.matchAll(/\$\{(\w+)/g)) expect(explained, name).toContain(name);
});

test('the published ports are those that the services listen on by default', () => {
  expect(of('api').ports).toEqual(['${PORT:-3001}:3001']);
  expect(of('gateway').ports).toEqual(['${WS_PORT:-3002}:3002']);
  expect(of('adminer')).toMatchObject({ profiles: ['debug'], ports: ['127.0.0.1:8080:8080'] });
  expect(of('redis-ui')).toMatchObject({ profiles: ['debug'], ports: ['127.0.0.1:8081:8081'] });
});

test('the profile `watch` reads what is in deploy/, and Prometheus asks every service at its port', () => {
  for (const name of ['prometheus', 'grafana']) {
    const { profiles, ports = [], volumes = [] } = of(name);
    expect(profiles).toEqual(['watch']);
    expect(ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
    const folders = volumes.map((volume) => volume.split(':')[0] ?? '').filter((path) => path.startsWith('./'));
    expect(folders.length).toBeGreaterThan(0);
    for (const folder of folders) expect(existsSync(new URL(folder, root)), folder).toBe(true);
  }
  const scraped = z
    .object({
      scrape_configs: z.array(
        z.object({
          job_name: z.string(),
          dns_sd_configs: z.array(z.object({ names: z.array(z.string()), port: z.number() })),
        }),
      ),
    })
    .parse(parse(read('deploy/prometheus/prometheus.yml')));
  const port = Number(of('api').environment?.['KURAXX_OPERATIONS_PORT']);
  expect(scraped.scrape_configs).toEqual(
    expect.arrayContaining(ours.map((name) => ({ job_name: name, dns_sd_configs: [{ names: [name], port }] }))),
  );
});

test('the Dockerfile runs what the build makes, as somebody else than root, with a health check', () => {
  const dockerfile = read('deploy/Dockerfile');
  expect(dockerfile.match(/^FROM /gm)).toHaveLength(2);
  expect(dockerfile).toMatch(/^USER node$/m);
  expect(dockerfile).toMatch(/^HEALTHCHECK .*CMD \["node", "deploy\/healthcheck\.mjs"\]$/m);
  expect(existsSync(new URL('deploy/healthcheck.mjs', root))).toBe(true);
  expect(dockerfile).toContain('services/$SERVICE/dist/main.js');
  for (const name of ours) expect(read(`services/${name}/tsconfig.build.json`)).toContain('"outDir": "dist"');
  for (const [, path = ''] of dockerfile.matchAll(/^COPY --from=build \S+ \/app\/(\S+)/gm)) {
    if (path !== 'node_modules') expect(existsSync(new URL(path, root)), path).toBe(true);
  }
  const ignored = read('deploy/Dockerfile.dockerignore').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['**/node_modules', '**/dist', '.env']));
});

test('what the Dockerfile removes is there, and no service runs on it', () => {
  const [, list = ''] = /^ && rm -rf (packages\/.*) \\$/m.exec(read('deploy/Dockerfile')) ?? [];
  const removed = list.split(' ').map((path) => manifest.parse(JSON.parse(read(`${path}/package.json`))).name);
  expect(removed.length).toBeGreaterThan(0);
  const needed = new Set<string>();
  const visit = (folder: string): void => {
    for (const name of Object.keys(manifest.parse(JSON.parse(read(`${folder}/package.json`))).dependencies)) {
      if (!name.startsWith('@kuraxx/') || needed.has(name)) continue;
      needed.add(name);
      visit(name.replace('@kuraxx/', 'packages/'));
    }
  };
  for (const name of ours) visit(`services/${name}`);
  visit('packages/cli'); // in every image
  expect(removed.filter((name) => needed.has(name))).toEqual([]);
});
