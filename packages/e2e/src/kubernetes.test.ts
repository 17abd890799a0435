import { readdirSync, readFileSync } from 'node:fs';
import { envSchema, readConfig } from '@kuraxx/runtime';
import { natsUsers } from '@kuraxx/servers';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

const folder = new URL('../../../deploy/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, folder), 'utf8');
const filesOf = (path: string): string[] =>
  readdirSync(new URL(path, folder)).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');

const meta = z.object({ name: z.string(), labels: z.record(z.string(), z.string()).optional() });
const object = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: meta });
const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.string() }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number().optional(),
  failureThreshold: z.number().optional(),
});
const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).default([]),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.number() })).default([]),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  resources: z.object({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  securityContext: z.object({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() })),
});
const pod = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()) }),
  spec: z.looseObject({
    automountServiceAccountToken: z.literal(false),
    terminationGracePeriodSeconds: z.number().optional(),
    securityContext: z.looseObject({ runAsNonRoot: z.literal(true) }),
    containers: z.array(container).length(1),
    volumes: z.array(z.looseObject({ name: z.string() })),
  }),
});
const workload = object.extend({ spec: z.looseObject({ template: pod }) });

const documents = ['kubernetes', 'nats'].flatMap((path) =>
  filesOf(path).flatMap((name) =>
    parseAllDocuments(read(`${path}/${name}`), { uniqueKeys: true }).map((document) => {
      if (document.errors.length > 0) throw new Error(`${path}/${name}: ${document.errors.join(', ')}`);
      return object.parse(document.toJS());
    }),
  ),
);
const named = (kind: string, name: string) =>
  documents.find((one) => one.kind === kind && one.metadata.name === name) ?? expect.fail(`no ${kind} ${name}`);
const podOf = (kind: string, name: string) => workload.parse(named(kind, name)).spec.template;
const containerOf = (kind: string, name: string) => z.tuple([container]).parse(podOf(kind, name).spec.containers)[0];
const settings = z.object({ data: z.record(z.string(), z.string()) }).parse(named('ConfigMap', 'kuraxx-settings')).data;
const secretsOf = (name: string) =>
  z.object({ stringData: z.record(z.string(), z.string()) }).parse(named('Secret', name)).stringData;

const services = ['api', 'gateway', 'projector', 'redis-bridge'];
const workloads = [
  ...services.map((name) => ['Deployment', name] as const),
  ['StatefulSet', 'nats'] as const,
  ['Job', 'kuraxx-set-up'] as const,
];

test('every file is listed, but the secrets, which are an example', () => {
  const kustomization = z.object({ resources: z.array(z.string()) });
  const listed = (path: string) => kustomization.parse(parse(read(`${path}/kustomization.yaml`))).resources;
  expect(listed('kubernetes').toSorted()).toEqual(
    [...filesOf('kubernetes').filter((name) => name !== 'secrets.example.yaml'), '../nats'].toSorted(),
  );
  expect(listed('nats')).toEqual(filesOf('nats'));
});

test('the settings are ones that are read, and fit for production', () => {
  for (const name of Object.keys(settings)) expect(Object.keys(envSchema.shape)).toContain(name);
  const plain = Object.fromEntries(Object.entries(settings).filter(([name]) => !name.endsWith('_FILE')));
  const secrets = { JWT_SECRET: 's'.repeat(40), DATABASE_URL: 'postgres://db', REDIS_URL: 'redis://redis' };
  const config = readConfig({ ...plain, ...secrets, NATS_USER: 'api', NATS_PASSWORD: 'secret' });
  expect(config).toMatchObject({ nodeEnv: 'production', log: { replicas: 3 }, nats: { tls: {} } });
});

test.each(services)('%s: its variables are read, its probes and ports are those of the code', (name) => {
  const one = containerOf('Deployment', name);
  for (const { name: variable } of one.env) expect(Object.keys(envSchema.shape)).toContain(variable);
  expect(one.livenessProbe?.httpGet).toEqual({ path: '/livez', port: 'operations' });
  expect(one.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'operations' });
  // a moment without NATS would else take all pods out at once
  expect(one.readinessProbe?.failureThreshold).toBeGreaterThan(1);
  const ports = Object.fromEntries(one.ports.map((port) => [port.name, String(port.containerPort)]));
  expect(ports['operations']).toBe(settings['KURAXX_OPERATIONS_PORT']);
  const http = { api: settings['PORT'], gateway: settings['WS_PORT'] }[name];
  expect(ports['http']).toBe(http);
  expect(named('PodDisruptionBudget', name)).toMatchObject({ spec: { selector: { matchLabels: { app: name } } } });
});

test.each(services)('%s has time enough to stop', (name) => {
  const { stopDelayMs, ws } = readConfig({
    KURAXX_STOP_DELAY: settings['KURAXX_STOP_DELAY'],
    WS_DRAIN_TIMEOUT: settings['WS_DRAIN_TIMEOUT'],
  });
  const closingMs = 15_000; // lifecycle.ts ends the process by then
  expect(ws.drainTimeoutMs).toBeLessThan(closingMs);
  const { terminationGracePeriodSeconds = 0 } = podOf('Deployment', name).spec;
  expect(terminationGracePeriodSeconds * 1000).toBeGreaterThan(stopDelayMs + closingMs);
});

test.each(workloads)(
  '%s %s: what is mounted is there, and every secret that it names is in the example',
  (kind, name) => {
    const { volumes } = podOf(kind, name).spec;
    const claimed = kind === 'StatefulSet' ? ['data'] : [];
    const one = containerOf(kind, name);
    const known = [...volumes.map((volume) => volume.name), ...claimed];
    expect(one.volumeMounts.map((mount) => mount.name).toSorted()).toEqual(known.toSorted());
    for (const volume of volumes) {
      const { secretName, items = [] } =
        z
          .object({
            secret: z.object({ secretName: z.string(), items: z.array(z.object({ key: z.string() })).optional() }),
          })
          .safeParse(volume).data?.secret ?? {};
      if (secretName === undefined) continue;
      for (const { key } of items) expect(Object.keys(secretsOf(secretName))).toContain(key);
    }
  },
);

test('the files that the settings name are mounted', () => {
  const paths = Object.entries(settings).filter(([name]) => name.endsWith('_FILE') || name === 'NATS_TLS_CA');
  const { volumeMounts } = containerOf('Deployment', 'api');
  for (const [name, path] of paths) {
    expect(
      volumeMounts.some(({ mountPath }) => path.startsWith(`${mountPath}/`)),
      name,
    ).toBe(true);
    const secret = path.startsWith('/run/secrets-kuraxx/') ? secretsOf('kuraxx-secrets') : undefined;
    if (secret !== undefined) expect(Object.keys(secret)).toContain(path.split('/').at(-1));
  }
});

test('each service connects to NATS as its own user, with a password of its own', () => {
  const users = services.map(
    (name) => containerOf('Deployment', name).env.find((one) => one.name === 'NATS_USER')?.value,
  );
  expect(users).toEqual(['api', 'gateway', 'projector', 'bridge']);
  expect(Object.keys(secretsOf('kuraxx-nats-passwords')).toSorted()).toEqual([...natsUsers].toSorted());
});

test('the NATS servers are given every variable that their configuration asks for', () => {
  const asked = new Set(
    [...read('nats/nats.conf').matchAll(/^(?!\s*#).*?[:\s]\$(NATS_\w+)/gm)].map(([, name]) => name),
  );
  for (const [, name] of read('nats/nats.conf').matchAll(/password: \$(NATS_\w+)/g)) asked.add(name);
  const given = containerOf('StatefulSet', 'nats')
    .env.map(({ name }) => name)
    .filter((name) => name !== 'POD');
  expect(given.toSorted()).toEqual([...asked].toSorted());
});

test('nothing comes in but what a policy names', () => {
  expect(named('NetworkPolicy', 'nothing-comes-in')).toMatchObject({
    spec: { podSelector: {}, policyTypes: ['Ingress'] },
  });
  for (const [name, port] of [
    ['api', settings['PORT']],
    ['gateway', settings['WS_PORT']],
  ] as const) {
    expect(named('NetworkPolicy', name)).toMatchObject({ spec: { ingress: [{ ports: [{ port: Number(port) }] }] } });
    expect(named('Service', name)).toMatchObject({ spec: { ports: [{ port: Number(port) }] } });
  }
});
