import type { Outgoing } from '@kuraxx/file-links';
import type { Config, Logger } from '@kuraxx/runtime';
import cors from 'cors';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Router,
} from 'express';
import helmet from 'helmet';
import { mountDocuments } from '../documents/mount.ts';
import { mountPage } from '../page/mount.ts';
import { errorAnswer } from './error-answer.ts';
import type { Endpoint } from './handler.ts';
import { identifyRequests, requestIdOf } from './identify-requests.ts';
import type { OutageGuard } from './outage-guard.ts';
import { Problem } from './problem.ts';
import type { LimitRequests } from './rate-limit.ts';
import { type Authenticate, mountEndpoints } from './routes.ts';

export type AppParts = {
  endpoints: readonly Endpoint[];
  authenticate: Authenticate;
  guard: OutageGuard;
  outgoing: Outgoing;
  /** Links to files, and the local store. */
  files: Router;
  /** Absent: nothing is traced. */
  trace?: RequestHandler | undefined;
  /** Absent: nothing is counted. */
  measure?: RequestHandler | undefined;
  /** Where the built chat page is. */
  pageFolder: string;
  /** Whether the process is about to stop. */
  isStopping: () => boolean;
  /** Absent: no limits. */
  limitRequests?: LimitRequests | undefined;
  config: Pick<Config, 'http'> & {
    readonly cors: Pick<Config['cors'], 'origins'>;
    readonly ws: Pick<Config['ws'], 'port' | 'publicUrl'>;
    readonly files: Pick<Config['files'], 'baseUrl'>;
  };
  logger: Logger;
};

const exposedHeaders = [
  'X-Request-Id',
  'Kuraxx-Position',
  'Preference-Applied',
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
];

/** As the gateway's: 503 from the signal to stop on, so that load balancers send nobody more while all goes on. */
const health =
  (isStopping: () => boolean): RequestHandler =>
  (_request, response) => {
    const status = isStopping() ? 'draining' : 'ok';
    const body = { status, timestamp: new Date().toISOString(), service: 'api-service' };
    response.status(status === 'ok' ? 200 : 503).json(body);
  };

/** Answers are about one caller: no cache may keep them. */
const noStore: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

const notFound: RequestHandler = (request) => {
  throw new Problem('RESOURCE_NOT_FOUND', { message: `Route ${request.method} ${request.path} not found` });
};

/** The client has ended its request before it was whole. */
const isCutOff = (request: Request, error: unknown): boolean =>
  request.destroyed && !request.complete && error instanceof Error && 'code' in error && error.code === 'ECONNRESET';

/** The one place where errors become answers. Four arguments: this is how express tells it. */
const answerErrors =
  (logger: Logger): ErrorRequestHandler =>
  (error, request, response, next) => {
    if (isCutOff(request, error)) return; // nobody is there any more
    const { status, body, retryAfterSeconds, unforeseen } = errorAnswer(error);
    const about = { err: error, requestId: requestIdOf(request), method: request.method, path: request.path };
    if (unforeseen) logger.error(about, 'unforeseen error');
    else if (status >= 500) logger.warn(about, 'unavailable');
    if (response.headersSent) return next(error);
    if (retryAfterSeconds !== undefined) response.set('Retry-After', String(retryAfterSeconds));
    response.status(status).json(body);
  };

/** The whole HTTP side: the contract's endpoints, `GET /health`, files, the chat page, and the documents about it all. */
export const createApp = ({
  endpoints,
  authenticate,
  guard,
  outgoing,
  files,
  trace,
  measure,
  pageFolder,
  isStopping,
  limitRequests,
  config,
  logger,
}: AppParts): Express => {
  const { origins } = config.cors;
  const app = express();
  app.set('etag', false).set('query parser', false).set('trust proxy', config.http.trustedProxies);
  app.use(identifyRequests(logger));
  if (trace !== undefined) app.use(trace);
  if (measure !== undefined) app.use(measure);
  app.use(
    helmet({
      crossOriginResourcePolicy: { policy: 'cross-origin' },
      // Without TLS in front, a browser would look for the scripts of /docs where nobody listens
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    }),
  );
  app.use(cors({ origin: origins.includes('*') ? true : [...origins], credentials: true, exposedHeaders }));
  const gateway = { wsUrl: config.ws.publicUrl, wsPort: config.ws.port };
  mountPage(app, { ...gateway, folder: pageFolder, filesUrl: config.files.baseUrl });
  app.use(noStore);
  app.get('/health', health(isStopping));
  mountDocuments(app, gateway);
  mountEndpoints(app, endpoints, { authenticate, guard, outgoing, limitRequests });
  if (limitRequests !== undefined) app.use(limitRequests());
  app.use(files);
  app.use(notFound);
  app.use(answerErrors(logger));
  return app;
};
