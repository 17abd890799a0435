import { join } from 'node:path';
import type { Env } from './env.ts';

/** Whose signatures the bucket accepts: a file of Google's, or its three parts. */
export type ServiceAccount =
  | { readonly path: string }
  | { readonly projectId: string; readonly clientEmail: string; readonly privateKey: string };

export type FilesConfig = {
  /** Public address of the api, which links to files start with. */
  readonly baseUrl: string;
  /** Whether `baseUrl` was set, or is a guess that works on this machine alone. */
  readonly isBaseUrlSet: boolean;
  /** Where files lie without a cloud, and where they are put together with one. */
  readonly folder: string;
  /** Absent: files lie in `folder`. */
  readonly firebase: { readonly bucket: string; readonly account: ServiceAccount } | undefined;
  readonly limits: { readonly maxFileBytes: number; readonly maxImageBytes: number };
};

const bytesPerMb = 1024 * 1024;

const accountOf = (env: Env): ServiceAccount | undefined => {
  const { FIREBASE_PROJECT_ID, FIREBASE_CLIENT_EMAIL, FIREBASE_PRIVATE_KEY, FIREBASE_SERVICE_ACCOUNT_PATH } = env;
  if (FIREBASE_SERVICE_ACCOUNT_PATH !== undefined) return { path: FIREBASE_SERVICE_ACCOUNT_PATH };
  if (FIREBASE_PROJECT_ID === undefined || FIREBASE_CLIENT_EMAIL === undefined || FIREBASE_PRIVATE_KEY === undefined) {
    return undefined;
  }
  return {
    projectId: FIREBASE_PROJECT_ID,
    clientEmail: FIREBASE_CLIENT_EMAIL,
    privateKey: FIREBASE_PRIVATE_KEY.replaceAll('\\n', '\n'), // as .env files have to write it
  };
};

const firebaseOf = (env: Env): FilesConfig['firebase'] => {
  const account = accountOf(env);
  const bucket = env.FIREBASE_STORAGE_BUCKET?.replace(/^gs:\/\//, '');
  return account === undefined || bucket === undefined ? undefined : { bucket, account };
};

/** Half a cloud is none: files would silently go to the disk. @returns what is missing */
export const firebaseProblems = (env: Env): string[] => {
  const names = [
    'FIREBASE_PROJECT_ID',
    'FIREBASE_STORAGE_BUCKET',
    'FIREBASE_CLIENT_EMAIL',
    'FIREBASE_PRIVATE_KEY',
    'FIREBASE_SERVICE_ACCOUNT_PATH',
  ] as const;
  const isMeant = names.some((name) => env[name] !== undefined);
  if (!isMeant || firebaseOf(env) !== undefined) return [];
  const needed =
    env.FIREBASE_SERVICE_ACCOUNT_PATH === undefined ? names.slice(0, 4) : ['FIREBASE_STORAGE_BUCKET' as const];
  return needed.filter((name) => env[name] === undefined).map((name) => `${name}: is missing for Firebase`);
};

/** Where files lie and how large they may be. */
export const filesConfigOf = (env: Env): FilesConfig => ({
  baseUrl: env.API_BASE_URL ?? `http://localhost:${env.PORT}`,
  isBaseUrlSet: env.API_BASE_URL !== undefined,
  folder: env.KURAXX_FILES_DIR ?? join(env.KURAXX_DATA_DIR, 'files'),
  firebase: firebaseOf(env),
  limits: { maxFileBytes: env.MAX_FILE_SIZE_MB * bytesPerMb, maxImageBytes: env.MAX_IMAGE_SIZE_MB * bytesPerMb },
});
