import specs from '@asyncapi/specs';
import { apiContract, clientFrames, redisChannels, serverFrames, subprotocols } from '@kuraxx/contracts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { type AppRouter, isAppRoute } from '@ts-rest/core';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { asyncApiDocument } from './asyncapi.ts';
import { openApiDocument } from './openapi.ts';

const routesIn = (router: AppRouter): string[] =>
  Object.values(router).flatMap((entry) =>
    isAppRoute(entry) ? [`${entry.method} ${entry.path.replaceAll(/:([^/]+)/g, '{$1}')}`] : routesIn(entry),
  );

test('the REST document is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(openApiDocument());
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
});

test('it has every route of the contract, and no other', () => {
  const documented = Object.entries(openApiDocument().paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(documented.toSorted()).toEqual(routesIn(apiContract).toSorted());
});

test('what a client must send is in it: bodies, paths and queries with their limits', () => {
  const text = JSON.stringify(openApiDocument().paths['/messages/send']);
  expect(text).toContain('"roomId"');
  expect(text).toContain('"maxLength":5000');
  expect(JSON.stringify(openApiDocument().paths['/rooms/{id}'])).toContain('"in":"path"');
  expect(JSON.stringify(openApiDocument().paths['/messages/history'])).toContain('"name":"cursor","in":"query"');
});

test('what needs no token says so', () => {
  const { paths } = openApiDocument();
  expect(paths['/auth/login']?.['post']).toHaveProperty('security', []);
  expect(paths['/auth/me']?.['get']).not.toHaveProperty('security');
});

test('the live document is valid AsyncAPI 3.0', () => {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const validate = ajv.compile(z.record(z.string(), z.unknown()).parse(specs.schemasWithoutId['3.0.0']));
  validate(asyncApiDocument('ws://localhost:3002/'));
  expect(validate.errors ?? []).toEqual([]);
});

test('it says how else frames can be encoded', () => {
  const { channels } = asyncApiDocument('ws://localhost:3002/');
  for (const name of ['from-clients', 'to-clients']) {
    expect(JSON.stringify(Object(channels)[name].bindings)).toContain(subprotocols.msgpack);
  }
});

test('it has every frame of both directions, and every Redis channel', () => {
  const { channels } = asyncApiDocument('ws://localhost:3002/');
  const names = (channel: string) =>
    Object.values(Object(Object(channels)[channel]).messages).map((one) => Object(one).name);
  expect(names('from-clients')).toEqual(Object.keys(clientFrames));
  expect(names('to-clients')).toEqual(Object.keys(serverFrames));
  const addresses = Object.values(channels).map((channel) => Object(channel).address);
  expect(addresses).toEqual(expect.arrayContaining(Object.keys(redisChannels)));
});
