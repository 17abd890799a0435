import { ServersError } from './errors.ts';

const attempts = 5;

/** Starts on the given port, or on free ones until nobody else was faster. */
export const withFreePort = async <T>(
  port: number | undefined,
  freePort: () => Promise<number>,
  start: (port: number) => Promise<T>,
): Promise<T> => {
  if (port !== undefined) return start(port);
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (!(error instanceof ServersError) || error.code !== 'PORT_TAKEN' || attempt === attempts) throw error;
    }
  }
};
