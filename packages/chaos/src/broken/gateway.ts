import { startBroken } from './start-broken.ts';

await startBroken('gateway', {
  '@kuraxx/event-store': new URL('forgets-repetitions.ts', import.meta.url),
  'uWebSockets.js': new URL('cuts-resumes-short.ts', import.meta.url),
});
