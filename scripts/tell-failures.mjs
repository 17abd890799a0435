import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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

const summaries = (root) => join(root, '.turbo', 'runs');

/** Before a run of turbo that is asked to `--summarize`: what `failuresOf` finds afterwards is then of this run. */
export const forgetFailures = (root) => rmSync(summaries(root), { recursive: true, force: true });

/**
 * What failed in that run, by its tasks' logs: where tasks run side by side their failures stand thousands of lines before the end.
 *
 * @param root the repository's folder
 * @returns text for people; empty when nothing failed, or turbo ended before it summed up
 */
export const failuresOf = (root) => {
  const folder = summaries(root);
  if (!existsSync(folder)) return '';
  const failed = readdirSync(folder)
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).tasks)
    .filter(({ execution }) => execution !== undefined && execution.exitCode !== 0);
  const told = ({ taskId, logFile }) => {
    const log = join(root, logFile);
    return `\n──── ${taskId} failed ────\n${existsSync(log) ? essence(readFileSync(log, 'utf8')) : 'It left no log.'}\n`;
  };
  return failed.map(told).join('');
};
