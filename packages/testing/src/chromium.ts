import { execFile } from 'node:child_process';
import { access, chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { defaultServersDir, withFolderLock } from '@kuraxx/servers';
import { type Browser, chromium } from 'playwright-core';

const run = promisify(execFile);
const unpackTimeoutMs = 120_000;

/** The package carries a Chromium for Linux x64, the libraries that a bare system lacks, and a font. */
const carrier = '@sparticuz/chromium';

/** Unpacks into the folder that it thinks is the system's for temporary files; with these libraries only on what it takes for a Lambda. */
const unpack = async (folder: string): Promise<void> => {
  const script = `import carrier from ${JSON.stringify(import.meta.resolve(carrier))}; await carrier.executablePath();`;
  await run(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' },
    timeout: unpackTimeoutMs,
  });
  await chmod(join(folder, 'chromium'), 0o755); // who unpacked it need not be who runs it
};

const fontsOf = (folder: string): string =>
  `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${join(folder, 'fonts')}</dir><cachedir>${join(folder, 'font-cache')}</cachedir></fontconfig>
`;

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Unpacks Chromium beside the servers, once for all tests and users of this machine (about 2 s). @returns its folder */
const prepareChromium = async (): Promise<string> => {
  const manifest = fileURLToPath(new URL('../../package.json', import.meta.resolve(carrier)));
  const { version }: { version: string } = JSON.parse(await readFile(manifest, 'utf8'));
  const serversDir = defaultServersDir();
  const home = join(serversDir, `chromium-${version}`);
  if (await exists(home)) return home;
  await mkdir(serversDir, { recursive: true });
  return withFolderLock(`${home}.lock`, unpackTimeoutMs, async () => {
    if (await exists(home)) return home; // another test was faster
    const draft = `${home}.draft`;
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft);
    await unpack(draft);
    await writeFile(join(draft, 'fonts.conf'), fontsOf(home));
    await rename(draft, home);
    return home;
  });
};

/**
 * Starts a headless Chromium that nothing was downloaded or installed for. Close it.
 *
 * @throws {Error} elsewhere than on Linux x64
 */
export const openBrowser = async (): Promise<Browser> => {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`the tests' Chromium runs on Linux x64, not on ${process.platform} ${process.arch}`);
  }
  const home = await prepareChromium();
  return chromium.launch({
    executablePath: join(home, 'chromium'),
    // Root has no sandbox; small machines have little /dev/shm and no GPU
    args: ['--no-sandbox', '--no-zygote', '--disable-gpu', '--disable-dev-shm-usage'],
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(home, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(home, 'fonts.conf'),
    },
  });
};
