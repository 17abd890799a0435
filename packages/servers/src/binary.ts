import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** An executable that was found, and what its environment needs so that it runs. */
export type Binary = { readonly path: string; readonly env: Readonly<Record<string, string>> };

// Servers live in sbin on Debian, which is not on an ordinary user's PATH; Homebrew's folder is missing in GUI sessions.
const furtherFolders = ['/usr/local/bin', '/usr/local/sbin', '/usr/bin', '/usr/sbin', '/opt/homebrew/bin'];

/** @returns whether this user may run the file. */
export const isExecutable = async (path: string): Promise<boolean> => {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // absent and forbidden are the same to us: look elsewhere
  }
};

/** Looks for a command on PATH, then where system packages and Homebrew put servers. */
export const findOnPath = async (name: string, path = process.env['PATH'] ?? ''): Promise<string | undefined> => {
  const folders = [...path.split(delimiter).filter((folder) => folder.startsWith('/')), ...furtherFolders];
  for (const folder of folders) {
    const candidate = join(folder, name);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
};
