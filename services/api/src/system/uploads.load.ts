import { expect, test } from 'vitest';
import { uploadLoad } from './upload-load.fixture.ts';

test('100 uploads of 20 MB at once let the memory of the api grow by less than 150 MB', async () => {
  const grown = (await uploadLoad(100, 20)) / 1024 / 1024;
  process.stdout.write(`memory grew by ${Math.round(grown)} MB\n`);
  expect(grown).toBeLessThan(150);
}, 900_000);
