import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

test('secrets and what people write are left out, also inside of objects', () => {
  const lines: string[] = [];
  const logger = createLogger('api', { logLevel: 'trace' }, { write: (line: string) => void lines.push(line) });
  const value = 'hunter2';
  logger.info({ password: value, body: { passcode: value, content: value, roomId: 'r-1' } }, 'one');
  logger.debug({ request: { headers: { authorization: value, cookie: value } }, token: value }, 'two');
  const refused = Object.assign(new Error('not-null violated'), { detail: `Failing row contains (${value})` });
  logger.error({ err: refused }, 'three');
  expect(lines).toHaveLength(3);
  expect(lines.join('')).not.toContain(value);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    name: 'api',
    msg: 'one',
    body: { roomId: 'r-1', content: '[redacted]' },
  });
});

/** What a process writes when it logs, with `setup` run first. */
const written = (setup: string): Promise<string> => {
  const logger = new URL('logger.ts', import.meta.url).href;
  const code = `${setup}; const { createLogger } = await import('${logger}'); createLogger('api', { logLevel: 'info' }).info({ port: 1 }, 'ready'); process.exit(0)`;
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', code]);
  return text(child.stdout);
};

test('a pipe gets JSON, a terminal lines for people, before the process has ended', async () => {
  expect(JSON.parse(await written(''))).toMatchObject({ msg: 'ready', port: 1 });
  const shown = await written('process.stdout.isTTY = true');
  expect(shown).toContain('ready');
  expect(() => JSON.parse(shown)).toThrow(SyntaxError);
});
