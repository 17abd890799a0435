export { type Config, ConfigError, readConfig } from './config.ts';
export { developmentSecret, envSchema } from './env.ts';
export type { FilesConfig, ServiceAccount } from './files-config.ts';
export { type Lifecycle, lifecycle } from './lifecycle.ts';
export { createLogger, type Logger } from './logger.ts';
export { connectNats } from './nats.ts';
export { openLog } from './open-log.ts';
export { type RunFile, runFileSchema } from './run-file.ts';
