import { errorBody } from '@kuraxx/contracts';
import { z } from 'zod';
import type { Happening, Result } from '../history/records.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** What an api said. */
export type Answer = {
  /** 0: no answer came. */
  readonly status: number;
  /** The error's code, or why there was no answer. */
  readonly code: string;
  /** `data` of a success. */
  readonly data: unknown;
  readonly position: string | undefined;
};

export type Request = {
  /** Index of the api process. */
  readonly server: number;
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
  readonly patienceMs: number;
};

export type Rest = (request: Request) => Promise<Answer>;

const success = z.object({ success: z.literal(true), data: z.unknown() });

/**
 * A REST client of one user. Never throws: no answer is an answer here. What the contract doesn't know is recorded as trouble.
 */
export const createRest =
  (urls: readonly string[], token: string | undefined, record: (happening: Happening) => void): Rest =>
  async ({ server, method, path, body, patienceMs }) => {
    const where = `${method} ${path} of api ${server}`;
    let status = 0;
    let text: string;
    let position: string | undefined;
    try {
      const response = await fetch(`${urls[server % urls.length]}${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(patienceMs),
      });
      text = await response.text();
      status = response.status;
      position = response.headers.get('kuraxx-position') ?? undefined;
    } catch (error) {
      return { status: 0, code: error instanceof Error ? error.name : 'lost', data: undefined, position: undefined };
    }
    const parsed = z.union([success, errorBody]).safeParse(parseJson(text));
    if (!parsed.success || status === 500) {
      record({ type: 'trouble', where, what: `an answer that must not be: ${status} ${text.slice(0, 500)}` });
      return { status, code: 'unreadable', data: undefined, position };
    }
    const answer = parsed.data;
    return answer.success
      ? { status, code: '', data: answer.data, position }
      : { status, code: answer.error.code, data: undefined, position };
  };

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What an answer says about a write. */
export const resultOf = ({ status, code, position, data }: Answer): Result => {
  const said = code === '' ? String(status) : `${status} ${code}`;
  if (status >= 200 && status < 300) {
    const sent = z.object({ message: z.object({ id: z.string() }) }).safeParse(data).data;
    return { outcome: 'acknowledged', said, position, messageId: sent?.message.id };
  }
  return { outcome: status >= 400 && status < 500 ? 'refused' : 'unknown', said };
};
