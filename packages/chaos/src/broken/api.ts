import { startBroken } from './start-broken.ts';

await startBroken('api', { '@kuraxx/event-store': new URL('acknowledges-early.ts', import.meta.url) });
