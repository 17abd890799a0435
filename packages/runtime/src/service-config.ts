import { type Config, ConfigError, readConfig } from './config.ts';
import { createLogger } from './logger.ts';

/** The configuration of a service; when there is none it says why in its log, and the process ends with 1. */
export const readServiceConfig = (name: string, environment: NodeJS.ProcessEnv): Config => {
  try {
    return readConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    createLogger(name, { logLevel: 'fatal' }).fatal(error.message);
    process.exit(1);
  }
};
