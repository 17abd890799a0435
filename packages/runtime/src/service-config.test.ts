import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('a service without a usable environment says why in one line of its log, and ends with 1', () => {
  const source = new URL('./service-config.ts', import.meta.url).href;
  const program = `const { readServiceConfig } = await import('${source}'); readServiceConfig('api', process.env);`;
  const args = ['--conditions=source', '--input-type=module', '-e', program];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env: { PORT: 'abc' }, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ level: 60, name: 'api', msg: expect.stringContaining('PORT') });
});
