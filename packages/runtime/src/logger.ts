import { type Logger, pino } from 'pino';
import type { Config } from './config.ts';

export type { Logger } from 'pino';

/** Names whose values never get into a log, at the top level and one level down (pino's `*` matches exactly one). */
const secrets = [
  'password',
  'currentPassword',
  'newPassword',
  'passcode',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
];

/** A logger that writes one line of JSON per event to standard output. Errors go under the key `err`. */
export const createLogger = (name: string, config: Pick<Config, 'logLevel'>): Logger =>
  pino({
    name,
    level: config.logLevel,
    redact: { paths: secrets.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
  });
