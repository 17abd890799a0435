import type { Files } from '@kuraxx/commands';
import type { DiskStore } from '@kuraxx/files';
import type { Request, RequestHandler, Response } from 'express';
import { parseQuery } from '../http/form.ts';
import { Problem } from '../http/problem.ts';
import type { Intake } from './intake.ts';

const notFound = (): Problem => new Problem('RESOURCE_NOT_FOUND', { message: 'This address is wrong or over' });

/** The key that an address is about. */
const keyIn = ({ params }: Request) => {
  const [kind, userId, fileId] = [String(params['kind']), String(params['userId']), String(params['fileId'])];
  return { key: `${kind}/${userId}/${fileId}`, userId, fileId };
};

/** Whatever a file holds, a browser that opens it runs nothing of it. */
const harmless = { 'Content-Security-Policy': "default-src 'none'; sandbox", 'X-Content-Type-Options': 'nosniff' };

type SendError = Error & { code?: string; status?: number; headers?: Record<string, string> };

/** Streams a file, by `send`: ranges, HEAD, conditional requests. */
const sendFile = (response: Response, path: string, headers: Record<string, string>): Promise<void> =>
  new Promise((resolve, reject) => {
    response.sendFile(path, { headers, dotfiles: 'allow', cacheControl: false }, (error?: SendError) => {
      if (error === undefined || response.headersSent || error.code === 'ECONNABORTED') return resolve(); // the reader went
      if (error.status !== 416) return reject(error.code === 'ENOENT' ? notFound() : error);
      response
        .status(416)
        .set(error.headers ?? {})
        .end(); // a range outside of the file
      resolve();
    });
  });

/** GET (and HEAD) of the local store. */
export const getObject =
  (disk: DiskStore): RequestHandler =>
  async (request, response) => {
    const { key } = keyIn(request);
    const grant = disk.urls.checkGet(key, parseQuery(request.url));
    if (grant === undefined) throw notFound();
    await sendFile(response, disk.pathOf(key), {
      ...harmless,
      'Content-Type': grant.contentType,
      'Content-Disposition': grant.disposition,
      'Cache-Control': 'private, max-age=600', // as long as the address is good for
    });
  };

/** PUT of the local store: exactly what was announced, whole or not at all. */
export const putObject =
  (disk: DiskStore, files: Files, intake: Intake): RequestHandler =>
  async (request, response) => {
    const { key, userId, fileId } = keyIn(request);
    const grant = disk.urls.checkPut(key, parseQuery(request.url));
    if (grant === undefined) throw notFound();
    if (request.headers['content-type'] !== grant.contentType) {
      throw new Problem('VALIDATION_ERROR', { details: { 'content-type': [`has to be ${grant.contentType}`] } });
    }
    const file = await files.find({ userId, fileId });
    if (file.status !== 'expected') throw notFound(); // it was used or deleted meanwhile
    await intake.receive(file, request);
    response.status(200).end();
  };
