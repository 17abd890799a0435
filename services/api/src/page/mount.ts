import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import express, { type Express, type Request, type RequestHandler } from 'express';
import { Problem } from '../http/problem.ts';

export type PageParts = {
  /** Where the built page is: see `@kuraxx/web`. */
  readonly folder: string;
  /** Of the gateway, as seen from outside; undefined: this host, at `wsPort`. */
  readonly wsUrl: string | undefined;
  readonly wsPort: number;
  /** Where links to files begin: it need not be the host that the page was asked for. */
  readonly filesUrl: string;
};

/** Anything else in a `Host` header doesn't get into our answer. */
const hostname = /^(?:[a-z0-9.-]+|\[[0-9a-f:]+\])$/i;

/** Where the browser of this request reaches the gateway. */
const wsUrlFor = (request: Request, { wsUrl, wsPort }: PageParts): string => {
  if (wsUrl !== undefined) return wsUrl;
  const host = hostname.test(request.hostname) ? request.hostname : 'localhost';
  return `${request.secure ? 'wss' : 'ws'}://${host}:${wsPort}`;
};

/**
 * Scripts, styles and pictures of our own alone, sockets to the gateway alone. Not `upgrade-insecure-requests`: on a machine in the house there
 * is no TLS.
 */
const policyFor = (wsUrl: string, filesUrl: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' ${new URL(filesUrl).origin} https:`, // a link leads on to where the store is
    `connect-src 'self' ${new URL(wsUrl).origin}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** Nothing is away that would come back by itself: no 503. */
const notBuilt = 'The page is not built: run "npm run build", or wait a moment after "npm start"';

/** Serves the chat page at `/` and what it is made of under `/assets`. */
export const mountPage = (app: Express, parts: PageParts): void => {
  const showPage: RequestHandler = async (request, response) => {
    const html = await readFile(join(parts.folder, 'index.html'), 'utf8').catch(() => undefined);
    response.set('Cache-Control', 'no-store');
    if (html === undefined) throw new Problem('RESOURCE_NOT_FOUND', { message: notBuilt });
    const wsUrl = wsUrlFor(request, parts);
    response
      .set('Content-Security-Policy', policyFor(wsUrl, parts.filesUrl))
      .type('html')
      .send(html.replace('%WS_URL%', wsUrl));
  };
  app.get('/', showPage);
  // The names change with the content
  app.use(
    '/assets',
    express.static(join(parts.folder, 'assets'), { immutable: true, maxAge: '1y', index: false, redirect: false }),
  );
};
