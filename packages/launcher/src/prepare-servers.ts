import { findNatsServer, findRedisServer } from '@kuraxx/servers';
import { fail } from './run.ts';

// Fetches the servers' binaries once, before test tasks that run side by side each look for them.
const log = (message: string): void => void process.stderr.write(`${message}\n`);
try {
  await Promise.all([findNatsServer({ log }), findRedisServer({ log })]);
} catch (error) {
  fail(error);
}
