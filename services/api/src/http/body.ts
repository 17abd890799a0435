import { isTooDeep, maxJsonDepth } from '@kuraxx/limits';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { parseForm } from './form.ts';
import { Problem } from './problem.ts';

/** The longest body, before and after decompression. */
export const maxBodyBytes = 10 * 1024 * 1024;

const jsonType = 'application/json';
const formType = 'application/x-www-form-urlencoded';

/** Before the parser builds it. */
const requireFlat = (_request: unknown, _response: unknown, bytes: Buffer, charset: string): void => {
  // JSON is UTF-8 (RFC 8259); of the others that the parser takes the depth could not be told from the bytes
  if (charset !== 'utf-8') throw new Problem('UNSUPPORTED_MEDIA_TYPE');
  if (isTooDeep(bytes.toString())) {
    throw new Problem('VALIDATION_ERROR', { details: { body: [`nested deeper than ${maxJsonDepth} levels`] } });
  }
};
const json = express.json({ limit: maxBodyBytes, type: jsonType, verify: requireFlat });
const form = express.text({ limit: maxBodyBytes, type: formType });

/** `Content-Length: 0` is what clients send with a POST that has no body. */
const hasBody = (request: Request): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;

const apply = (parser: RequestHandler, request: Request, response: Response): Promise<unknown> =>
  new Promise((resolve, reject) => {
    void parser(request, response, (error?: unknown) => (error === undefined ? resolve(request.body) : reject(error)));
  });

/**
 * Reads a JSON object or array, or a form. No body counts as `{}`.
 *
 * @throws {Problem} on another content type; what the parsers throw (malformed, too large, unknown charset) carries a status
 */
export const readBody = async (request: Request, response: Response): Promise<unknown> => {
  if (!hasBody(request)) return {};
  if (request.is(jsonType)) return await apply(json, request, response);
  if (request.is(formType)) {
    const text = await apply(form, request, response);
    return typeof text === 'string' ? parseForm(text) : {};
  }
  throw new Problem('UNSUPPORTED_MEDIA_TYPE');
};
