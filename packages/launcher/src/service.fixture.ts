import { createServer } from 'node:http';
import { z } from 'zod';

// Stands in for a service in the launcher's own tests: it logs as pino does, and answers /health where it has a port.
const env = z
  .object({
    PORT: z.string(),
    WS_PORT: z.string(),
    WS_PORT_SHARING: z.string(),
    FAKE_PORT: z.string(),
    FAKE_FAILS: z.string(),
    FAKE_SAYS: z.string(),
  })
  .partial()
  .parse(process.env);
const log = (level: number, msg: string): void => void process.stdout.write(`${JSON.stringify({ level, msg })}\n`);

if (env.FAKE_FAILS !== undefined) {
  log(60, 'out of order');
  process.exit(1);
}
const port = env.FAKE_PORT === 'WS_PORT' ? env.WS_PORT : env.FAKE_PORT === 'PORT' ? env.PORT : undefined;
const server = createServer((_request, response) => response.end('{}'));
if (env.WS_PORT_SHARING !== undefined) log(40, `sharing ${env.WS_PORT_SHARING}`);
server.listen({ port: Number(port ?? 0), reusePort: env.WS_PORT_SHARING !== undefined }, () => {
  log(20, 'a detail');
  if (env.FAKE_SAYS !== undefined) log(30, env.FAKE_SAYS);
  log(40, 'a warning');
  log(30, 'ready');
});
process.once('SIGTERM', () => {
  log(30, 'stopped');
  process.exit(0);
});
