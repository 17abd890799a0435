import { runInForeground } from './run.ts';

await runInForeground({});
