import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../rows.fixture.ts';
import { arrayText } from './array-text.ts';

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

const readBack = (text: string, type: 'text[]' | 'float8[]'): Promise<unknown> =>
  opened.database.run('read an array', async (db) => {
    const { rows } = await sql<{ value: unknown }>`select ${text}::${sql.raw(type)} as value`.execute(db);
    return rows[0]?.value;
  });
const itself = <T>(value: T): T => value;

test('Postgres reads what was written, whatever is in it', async () => {
  // Postgres has no NUL in texts
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
    fc.constantFrom('', 'null', 'NULL', '{}', ',', '"', '\\', '\\"', ' a ', '\n'),
    fc.constant(null),
  );
  const numbers = fc.oneof(fc.integer(), fc.constant(null));
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 20 }), fc.array(numbers), async (texts, integers) => {
      expect(await readBack(arrayText(texts, itself), 'text[]')).toEqual(texts);
      expect(await readBack(arrayText(integers, itself), 'float8[]')).toEqual(integers);
    }),
    { numRuns: 50 },
  );
});
