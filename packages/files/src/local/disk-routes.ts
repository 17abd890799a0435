import { Refusal } from '@kuraxx/domain';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { requireExactly } from '../exactly.ts';
import type { Spool } from '../spool.ts';
import type { DiskStore } from './disk-store.ts';

export type DiskRoutesNeeds = {
  readonly disk: DiskStore;
  readonly spool: Spool;
  /** Whether bytes are still awaited for this file. */
  readonly isAwaited: (file: { readonly userId: string; readonly fileId: string }) => Promise<boolean>;
};

const notFound = (): Refusal => new Refusal('RESOURCE_NOT_FOUND', 'This address is wrong or over');

const keyIn = ({ params }: Request) => {
  const [kind, userId, fileId] = [String(params['kind']), String(params['userId']), String(params['fileId'])];
  return { key: `${kind}/${userId}/${fileId}`, userId, fileId };
};

const queryOf = ({ url }: Request): Record<string, string> =>
  Object.fromEntries(new URL(url, 'http://localhost').searchParams);

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

const getObject =
  ({ disk }: DiskRoutesNeeds): RequestHandler =>
  async (request, response) => {
    const { key } = keyIn(request);
    const grant = disk.urls.checkGet(key, queryOf(request));
    if (grant === undefined) throw notFound();
    await sendFile(response, disk.pathOf(key), {
      ...harmless,
      'Content-Type': grant.contentType,
      'Content-Disposition': grant.disposition,
      'Cache-Control': 'private, max-age=600', // as long as the address is good for
    });
  };

const putObject =
  ({ disk, spool, isAwaited }: DiskRoutesNeeds): RequestHandler =>
  async (request, response) => {
    const { key, ...file } = keyIn(request);
    const grant = disk.urls.checkPut(key, queryOf(request));
    if (grant === undefined) throw notFound();
    const { contentType, size } = grant;
    if (request.headers['content-type'] !== contentType) {
      throw new Refusal('VALIDATION_ERROR', `The content type has to be ${contentType}`);
    }
    if (!(await isAwaited(file))) throw notFound(); // it was used or deleted meanwhile
    const spooled = spool.file();
    try {
      requireExactly(await spooled.write(request, size), size);
      await disk.put(key, spooled.path, contentType);
    } finally {
      await spooled.discard();
    }
    response.status(200).end();
  };

/**
 * The signed addresses of a disk store. GET (and HEAD) streams, with ranges; PUT takes exactly what was announced, whole or
 * not at all. What is refused is thrown as `Refusal` or `Unavailable`: the application answers.
 */
export const diskRoutes = (needs: DiskRoutesNeeds): Router =>
  Router()
    .get('/storage/:kind/:userId/:fileId', getObject(needs))
    .put('/storage/:kind/:userId/:fileId', putObject(needs));
