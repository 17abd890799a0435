import { ConfigError, readConfig } from '@kuraxx/runtime';
import { bad, type Finding, good } from './finding.ts';

/** The environment as the services would read it. */
export const checkConfiguration = (env: NodeJS.ProcessEnv): Finding[] => {
  try {
    const { nodeEnv } = readConfig(env);
    return [good('configuration', `readable, for ${nodeEnv}`)];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [bad('configuration', error.message, 'see .env.example for each variable')];
  }
};
