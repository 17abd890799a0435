import { startBroken } from './start-broken.ts';

await startBroken('projector', { '@kuraxx/read-model': new URL('moves-the-checkpoint-alone.ts', import.meta.url) });
