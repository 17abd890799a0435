import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Lines of one task's log: enough for several failed tests with their differences. */
const maxLines = 150;

/** What matters of a log: a test run sums its failures up behind the first "FAIL"; other tools end with their errors. */
const essence = (log) => {
  const lines = log.trimEnd().split('\n');
  const start = lines.findIndex((line) => /^\s*FAIL\s/.test(stripVTControlCharacters(line)));
  return (start < 0 ? lines.slice(-maxLines) : lines.slice(start, start + maxLines)).join('\n');
};

/**
 * What failed in the last run of turbo that was asked to `--summarize`, by its tasks' logs: where tasks run side by side their failures
 * stand thousands of lines before the end.
 *
 * @param root the repository's folder
 * @returns text for people; empty when nothing failed, or nothing was summed up
 */
export const failuresOf = (root) => {
  const folder = join(root, '.turbo', 'runs');
  let runs = [];
  try {
    runs = readdirSync(folder).map((name) => join(folder, name));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const [newest] = runs.toSorted((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  if (newest === undefined) return '';
  const { tasks } = JSON.parse(readFileSync(newest, 'utf8'));
  return tasks
    .filter(({ execution }) => execution !== undefined && execution.exitCode !== 0)
    .map(
      ({ taskId, logFile }) => `\n──── ${taskId} failed ────\n${essence(readFileSync(join(root, logFile), 'utf8'))}\n`,
    )
    .join('');
};
