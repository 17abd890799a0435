import { findNatsServer, findRedisServer } from '@kuraxx/servers';

// Fetches the servers' binaries once, before test tasks that run side by side each look for them.
const log = (message: string): void => void process.stderr.write(`${message}\n`);
await Promise.all([findNatsServer({ log }), findRedisServer({ log })]);
