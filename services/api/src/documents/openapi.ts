import { apiContract, isOpenToAll } from '@kuraxx/contracts';
import { type AppRoute, type AppRouter, isAppRoute } from '@ts-rest/core';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';

type Parameter = {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: JsonSchema;
};

/** What every route answers besides its own statuses, in words. */
const statusTexts: Record<string, string> = {
  200: 'Done',
  201: 'Created',
  400: 'The request is not as it should be',
  401: 'No valid access token',
  403: 'Not allowed to this user',
  404: 'Not found',
  409: 'Conflicts with what is there',
  413: 'Too large',
  415: 'A content type that is not understood',
  429: 'Too many requests: try again after Retry-After seconds',
  500: 'A fault of the server',
  503: 'A server behind this one is away: try again',
};

const routesOf = (router: AppRouter, path: readonly string[] = []): { name: readonly string[]; route: AppRoute }[] =>
  Object.entries(router).flatMap(([key, entry]) =>
    isAppRoute(entry) ? [{ name: [...path, key], route: entry }] : routesOf(entry, [...path, key]),
  );

const parametersOf = (where: 'path' | 'query', schema: unknown): Parameter[] => {
  const { properties = {}, required = [] } = jsonSchemaOf(schema, 'input') ?? {};
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
  }));
};

const requestBodyOf = (route: AppRoute) => {
  const schema = 'body' in route ? jsonSchemaOf(route.body, 'input') : undefined;
  if (schema === undefined) return {};
  const contentType = 'contentType' in route ? (route.contentType ?? 'application/json') : 'application/json';
  // An absent body counts as {}: it is required only where some of its fields are
  return { requestBody: { required: (schema.required ?? []).length > 0, content: { [contentType]: { schema } } } };
};

const responsesOf = (route: AppRoute) =>
  Object.fromEntries(
    Object.entries(route.responses).map(([status, response]) => {
      const schema = jsonSchemaOf(response, 'output');
      const description = statusTexts[status] ?? `Status ${status}`;
      return [
        status,
        schema === undefined ? { description } : { description, content: { 'application/json': { schema } } },
      ];
    }),
  );

const operationOf = (name: readonly string[], route: AppRoute) => ({
  operationId: name.join('.'),
  summary: route.summary ?? name.join(' '),
  tags: [name[0] ?? 'api'],
  ...(isOpenToAll(route.metadata) ? { security: [] } : {}),
  parameters: [
    ...parametersOf('path', route.pathParams),
    ...parametersOf('query', 'query' in route ? route.query : undefined),
  ],
  ...requestBodyOf(route),
  responses: responsesOf(route),
});

/** `/rooms/:id` → `/rooms/{id}` */
const templateOf = (path: string): string => path.replaceAll(/:([^/]+)/g, '{$1}');

/** The REST API as OpenAPI 3.1, made from the contract that the routes are mounted from. */
export const openApiDocument = () => {
  const paths: Record<string, Record<string, object>> = {};
  for (const { name, route } of routesOf(apiContract)) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(name, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'KuraXX',
      version: '1.0.0',
      description: 'Real-time chat. Live events come over the WebSocket: see /asyncapi.json.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }, { url: '/api', description: 'The same' }],
    security: [{ accessToken: [] }],
    components: {
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
    paths,
  };
};
