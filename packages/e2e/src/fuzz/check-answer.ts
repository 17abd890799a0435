import { type ErrorCode, errorBody, errorTable, isErrorCode } from '@kuraxx/contracts';
import { parseAsStandardSchema } from '@ts-rest/core';
import { z } from 'zod';
import { endpoints } from '../endpoints.fixture.ts';
import type { HttpAnswer } from './http-response.ts';
import type { RestRequest } from './rest-request.ts';
import { isTargetSafe } from './rest-target.ts';

const envelope = errorBody.strict();
const success = z.looseObject({ success: z.literal(true) });
const health = z.strictObject({ status: z.literal('ok'), timestamp: z.string(), service: z.string() });

/** What is no HTTP is answered before any code of ours could be looked up: by its status alone. */
const protocolStatuses = [400, 408, 413, 417, 431];

const requireThat = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what);
};

const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new Error(`the body is no JSON: ${body.toString().slice(0, 200)}`, { cause });
  }
};

const checkFailure = (status: number, json: unknown, headers: HttpAnswer['headers']): void => {
  const { code } = envelope.parse(json).error;
  requireThat(isErrorCode(code), `${code} is no documented code`);
  const statusOf = (one: ErrorCode): number => errorTable[one].status;
  requireThat(status !== 429 || /^[1-9]\d*$/.test(headers.get('retry-after') ?? ''), '429 without Retry-After');
  const fits = isErrorCode(code) && statusOf(code) === status;
  requireThat(
    fits || (code === 'VALIDATION_ERROR' && protocolStatuses.includes(status)),
    `${code} with status ${status}`,
  );
};

const checkSuccess = async (request: RestRequest, status: number, json: unknown): Promise<void> => {
  if (health.safeParse(json).success) return;
  success.parse(json);
  const endpoint = endpoints.find(({ name }) => name === request.name);
  // what was changed beyond recognition may have met another endpoint
  if (endpoint === undefined || request.noise.length > 0 || !isTargetSafe(request.target)) return;
  if (request.method !== endpoint.route.method) return;
  const schema = parseAsStandardSchema(endpoint.route.responses[status]);
  const checked = await schema?.['~standard'].validate(json);
  requireThat(checked !== undefined, `${endpoint.name} does not promise a ${status}`);
  requireThat(checked?.issues === undefined, `${endpoint.name}: ${JSON.stringify(checked?.issues)}`);
};

/** @throws {Error} when an answer is not one that docs/protocol.md promises to whatever was sent */
export const checkAnswer = async (request: RestRequest, { status, headers, body }: HttpAnswer): Promise<void> => {
  requireThat(status < 500, `status ${status}: ${body.toString().slice(0, 300)}`);
  const isElsewhere = request.name === undefined; // documents, links to files
  requireThat(status < 300 || status >= 400 || status === 304 || (isElsewhere && status === 302), `status ${status}`);
  if (body.length === 0) {
    requireThat(request.method === 'HEAD' || status === 204 || status === 304, `status ${status} without a body`);
    return;
  }
  if (isElsewhere && status < 400) return;
  const type = headers.get('content-type');
  requireThat(type === 'application/json; charset=utf-8', `content type ${type}`);
  const json = parseJson(body);
  if (status >= 400) checkFailure(status, json, headers);
  else await checkSuccess(request, status, json);
};
