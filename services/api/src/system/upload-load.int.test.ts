import { expect, test } from 'vitest';
import { uploadLoad } from './upload-load.fixture.ts';

/** All files together would be 160 MB. The full size is `npm run test:uploads`. */
test('memory stays flat under large uploads at once, and what is cut off leaves nothing on disk', async () => {
  expect(await uploadLoad(20, 8)).toBeLessThan(120 * 1024 * 1024);
}, 300_000);
