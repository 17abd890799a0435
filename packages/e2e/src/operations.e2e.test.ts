import { readFile } from 'node:fs/promises';
import { eventually } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createPerson, createRoom } from './person.fixture.ts';
import { parseQuery, readExposition } from './promql.fixture.ts';
import { openSocket } from './socket.fixture.ts';
import { type System, startTestSystem } from './system.fixture.ts';

let system: System;
beforeAll(async () => {
  system = await startTestSystem({ env: { RATE_LIMIT_ENABLED: 'true' } });
}, 300_000);
afterAll(() => system.stop());

const get = async (service: string, path: string) => {
  const response = await fetch(`${system.operations[service]}${path}`);
  return { status: response.status, text: await response.text() };
};
const services = ['api', 'bridge', 'gateway', 'projector'];

const readiness = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), required: z.boolean() })),
});
const readyz = async (service: string) => readiness.parse(JSON.parse((await get(service, '/readyz')).text));

test('every service is alive and ready, and says by what', async () => {
  expect(Object.keys(system.operations).toSorted()).toEqual(services);
  const checked: Record<string, string[]> = {};
  for (const service of services) {
    expect(await get(service, '/livez')).toMatchObject({ status: 200 });
    await eventually(async () => expect(await readyz(service)).toMatchObject({ ready: true, reasons: [] }));
    checked[service] = Object.keys((await readyz(service)).checks);
  }
  expect(checked).toEqual({
    api: ['nats', 'read model', 'projection', 'limits'],
    gateway: ['nats', 'read model', 'limits'],
    projector: ['nats', 'read model', 'projection'],
    bridge: ['nats', 'redis'],
  });
});

/** Something of everything that is counted. */
const chat = async (): Promise<void> => {
  const [ann, bob] = await Promise.all([
    createPerson(system.apiUrls[0] ?? '', 'ann'),
    createPerson(system.apiUrls[0] ?? '', 'bob'),
  ]);
  const roomId = await createRoom(ann, bob);
  const socket = await openSocket(system.wsUrls[0] ?? '');
  socket.send('authenticate', { token: ann.token });
  await socket.next('authenticated');
  socket.send('room:join', { roomId });
  const { payload } = await socket.next('room:join', (frame) => 'success' in frame.payload);
  socket.send('message:new', { roomId, content: 'ahoy' });
  const saved = await socket.next('message:saved');
  socket.send('room:join', { roomId, since: 'position' in payload ? payload.position : saved.position });
  socket.send('no such frame', {});
  await socket.next('error');
  socket.close();
  await socket.closed;
};

const root = new URL('../../../deploy/', import.meta.url);
const rules = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.object({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.object({ summary: z.string() }),
        }),
      ),
    }),
  ),
});
const dashboard = z.object({
  panels: z.array(
    z.object({
      title: z.string(),
      targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).optional(),
    }),
  ),
});

/** Where it stands, and the query. */
const queries = async (): Promise<(readonly [where: string, query: string])[]> => {
  const alerts = rules.parse(parse(await readFile(new URL('prometheus/alerts.yml', root), 'utf8')));
  const board = dashboard.parse(JSON.parse(await readFile(new URL('grafana/dashboards/kuraxx.json', root), 'utf8')));
  return [
    ...alerts.groups.flatMap((group) => group.rules.map(({ alert, expr }) => [alert, expr] as const)),
    ...board.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ];
};

/** Prometheus itself makes these. */
const ofPrometheus = { metrics: ['up'], labels: ['job', 'instance', 'le'] };

test('every metric and label that the alerts and the dashboard name is shown by a running process', async () => {
  await chat();
  const asked = (await queries()).map(
    ([where, query]) => [where, parseQuery(query.replaceAll('$__rate_interval', '5m'))] as const,
  );
  expect(asked.length).toBeGreaterThan(40);
  await eventually(
    async () => {
      const shown = new Map<string, Set<string>>();
      for (const service of services) {
        for (const [name, labels] of readExposition((await get(service, '/metrics')).text)) {
          shown.set(name, new Set([...(shown.get(name) ?? []), ...labels]));
        }
      }
      const missing = asked.flatMap(([where, { metrics, labels }]) => {
        const unknown = metrics.filter((name) => !shown.has(name) && !ofPrometheus.metrics.includes(name));
        const known = metrics.flatMap((name) => [...(shown.get(name) ?? [])]);
        // what has not failed yet has no labels to look at
        const hasSamples = metrics.every((name) => (shown.get(name)?.size ?? 0) > 0);
        const strange = labels.filter((label) => !known.includes(label) && !ofPrometheus.labels.includes(label));
        return [...unknown, ...(hasSamples ? strange : [])].map((what) => `${where}: ${what}`);
      });
      expect(missing).toEqual([]);
    },
    { timeoutMs: 20_000 },
  );
});

test('every alert is explained in the documentation', async () => {
  const { groups } = rules.parse(parse(await readFile(new URL('prometheus/alerts.yml', root), 'utf8')));
  const text = await readFile(new URL('../docs/operations.md', root), 'utf8');
  for (const { alert } of groups.flatMap((group) => group.rules)) expect(text).toContain(`\`${alert}\``);
});
