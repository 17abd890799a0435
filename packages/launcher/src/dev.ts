import { StartError } from './report.ts';
import { fail, runInForeground } from './run.ts';

const [only, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (only !== undefined && only !== 'api' && only !== 'gateway')) {
  fail(new StartError('Usage: npm run dev, npm run api:dev or npm run ws:dev.'));
}

// One service alone still needs its projector and its mirror
await runInForeground({
  watch: true,
  counts: only === 'api' ? { gateway: 0 } : only === 'gateway' ? { api: 0 } : {},
});
