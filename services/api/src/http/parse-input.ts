import { type AppRoute, parseAsStandardSchema } from '@ts-rest/core';
import { isFormRoute } from './handler.ts';
import { type Details, Problem } from './problem.ts';

/** The three parts of a request that the contract has schemas for. */
export type Input = { params: unknown; query: unknown; body: unknown };

/** `members.0.id`; what is wrong as a whole goes under the name of its part. */
const fieldOf = (part: string, path: readonly (PropertyKey | { key: PropertyKey })[] = []): string =>
  path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.') || part;

/**
 * Parses path, query and body by the schemas of `route`; parts without a schema become undefined.
 *
 * @throws {Problem} VALIDATION_ERROR with everything that is wrong at once
 */
export const parseInput = async (route: AppRoute, raw: Input): Promise<Input> => {
  const details: Details = Object.create(null);
  const parse = async (part: string, schema: unknown, value: unknown): Promise<unknown> => {
    const standard = parseAsStandardSchema(schema);
    if (standard === null) return undefined;
    const result = await standard['~standard'].validate(value);
    if (result.issues === undefined) return result.value;
    for (const { message, path } of result.issues) (details[fieldOf(part, path)] ??= []).push(message);
    return undefined;
  };
  const parsed = {
    params: await parse('path', route.pathParams, raw.params),
    query: await parse('query', route.query, raw.query),
    body: await parse('body', 'body' in route && !isFormRoute(route) ? route.body : undefined, raw.body),
  };
  if (Object.keys(details).length > 0) throw new Problem('VALIDATION_ERROR', { details });
  return parsed;
};
