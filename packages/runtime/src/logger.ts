import { type DestinationStream, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config.ts';

export type { Logger } from 'pino';

/** Names whose values never get into a log: secrets, and what people write, which Postgres quotes in the `detail` and `where` of its errors. */
const hidden = [
  'password',
  'currentPassword',
  'newPassword',
  'passcode',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'cookie',
  'content',
  'detail',
  'where',
];

/** pino's `*` matches exactly one level: at the top, one level down and two. */
const paths = hidden.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/**
 * A logger that writes one line of JSON per event to standard output, and lines for people where that is a terminal. Errors go under the key
 * `err`.
 *
 * @param output where lines go instead, as JSON
 */
export const createLogger = (name: string, config: Pick<Config, 'logLevel'>, output?: DestinationStream): Logger => {
  const options = { name, level: config.logLevel, redact: { paths, censor: '[redacted]' } };
  if (output !== undefined) return pino(options, output);
  // synchronous: the last lines before an exit are not lost
  return process.stdout.isTTY ? pino(options, pretty({ sync: true, ignore: 'pid,hostname' })) : pino(options);
};
