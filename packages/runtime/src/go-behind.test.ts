import { execFileSync } from 'node:child_process';
import { getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const module = fileURLToPath(new URL('./go-behind.ts', import.meta.url));
const script = `import { getPriority, setPriority } from 'node:os';
import { goBehind } from ${JSON.stringify(module)};
setPriority(Number(process.argv[1]));
await goBehind();
console.log(getPriority());`;

/** In a process of its own: who may not be root can't come back from it. */
const niceAfter = (before: number): number =>
  Number(execFileSync(process.execPath, ['--conditions=source', '--input-type=module', '-e', script, `${before}`]));

test('a process steps behind the others, and one that was behind them already stays there', () => {
  const now = getPriority();
  expect(niceAfter(now)).toBe(Math.max(now, 5));
  expect(niceAfter(Math.max(now, 12))).toBe(Math.max(now, 12));
});
