import type { FileKey } from '@kuraxx/commands';
import { diskRoutes } from '@kuraxx/files';
import { type RequestHandler, Router } from 'express';
import type { Api } from '../api.ts';
import { parseQuery } from '../http/form.ts';
import { followLink } from './serve-link.ts';

const text = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '');

const link =
  (api: Pick<Api, 'commands' | 'readModel' | 'uploads'>): RequestHandler =>
  async (request, response) => {
    const { userId, fileId, name } = request.params;
    const query = parseQuery(request.url);
    const readerId = text(query['for']);
    const location = await followLink(api, {
      userId: text(userId),
      fileId: text(fileId),
      name: text(name),
      scope: text(query['scope']),
      for: readerId === '' ? undefined : readerId,
      until: text(query['until']),
      sig: text(query['sig']),
    });
    response.redirect(302, location);
  };

/**
 * What has an address of its own beside the contract: links to files, and the local store if that is the one. No token:
 * the address is the permission. Each also answers under `/api`.
 */
export const fileRoutes = (api: Pick<Api, 'commands' | 'readModel' | 'uploads'>): Router => {
  const { disk, spool } = api.uploads;
  const routes = Router();
  routes.get('/files/:userId/:fileId/:name', link(api));
  if (disk !== undefined) {
    const isAwaited = async (key: FileKey) => (await api.commands.files.find(key)).status === 'expected';
    routes.use(diskRoutes({ disk, spool, isAwaited }));
  }
  return Router().use(routes).use('/api', routes);
};
