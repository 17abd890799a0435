import { join } from 'node:path';
import type { Express, RequestHandler } from 'express';
import { absolutePath } from 'swagger-ui-dist';
import { type GatewayAddress, gatewayUrlFor } from '../http/gateway-url.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { openApiDocument } from './openapi.ts';

/** What the page needs of swagger-ui-dist; its own index page would show another API. */
const assets = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>KuraXX: REST API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** A file, not an inline script: the content security policy allows none. */
const startScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true });\n`;

/** Made at the first request, then kept. */
const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => (made ??= make());
};

/** Serves `/openapi.json`, `/asyncapi.json` and the page at `/docs`; nothing of it comes from elsewhere. */
export const mountDocuments = (app: Express, gateway: GatewayAddress): void => {
  const openApi = once(openApiDocument);
  const showPage: RequestHandler = (_request, response) => void response.type('html').send(page);
  app.get('/openapi.json', (_request, response) => void response.json(openApi()));
  app.get('/asyncapi.json', (request, response) => {
    response.json(asyncApiDocument(gatewayUrlFor(request, gateway)));
  });
  app.get('/docs', showPage);
  app.get('/docs/start.js', (_request, response) => void response.type('js').send(startScript));
  for (const asset of assets) {
    app.get(`/docs/${asset}`, (_request, response) => response.sendFile(join(absolutePath(), asset)));
  }
};
