import { startBroken } from './start-broken.ts';

await startBroken('bridge', { ioredis: new URL('publishes-twice.ts', import.meta.url) });
