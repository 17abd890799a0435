import { readFileSync } from 'node:fs';

/** What may be in a file of its own, whose path `<name>_FILE` says: as orchestrators hand secrets over. */
export const secretNames = [
  'DATABASE_URL',
  'DATABASE_READ_URL',
  'NATS_PASSWORD',
  'REDIS_URL',
  'REDIS_PASSWORD',
  'JWT_SECRET',
  'JWT_SECRET_PREVIOUS',
  'FIREBASE_PRIVATE_KEY',
  'OTEL_EXPORTER_OTLP_HEADERS',
] as const;

type Read = { readonly environment: NodeJS.ProcessEnv; readonly problems: readonly string[] };

/**
 * Puts what is in files in the place of the variables that name them, which are then gone: what comes out may be handed on, and read
 * like this again. White space at the ends (editors' line ends) is no part of
 * a secret; an empty file counts as unset.
 *
 * @returns what is wrong as well, by variable and never with a value
 */
export const readSecretFiles = (environment: NodeJS.ProcessEnv): Read => {
  const problems: string[] = [];
  const read: NodeJS.ProcessEnv = { ...environment };
  for (const name of secretNames) {
    const path = environment[`${name}_FILE`];
    delete read[`${name}_FILE`];
    if (path === undefined || path === '') continue;
    if (environment[name]) {
      problems.push(`${name}_FILE: ${name} is set as well; set one of them`);
      continue;
    }
    try {
      read[name] = readFileSync(path, 'utf8').trim();
    } catch (error) {
      problems.push(`${name}_FILE: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { environment: read, problems };
};
