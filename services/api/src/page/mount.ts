import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import express, { type Express, type RequestHandler } from 'express';
import { type GatewayAddress, gatewayUrlFor } from '../http/gateway-url.ts';
import { Problem } from '../http/problem.ts';

export type PageParts = GatewayAddress & {
  /** Where the built page is: see `@kuraxx/web`. */
  readonly folder: string;
  /** Where links to files begin: it need not be the host that the page was asked for. */
  readonly filesUrl: string;
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
    const wsUrl = gatewayUrlFor(request, parts);
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
