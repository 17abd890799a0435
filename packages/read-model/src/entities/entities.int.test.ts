import { MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../rows.fixture.ts';
import { firstSchema, readSchema } from '../schema.ts';
import { entities } from './index.ts';

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

/** `timestamptz(3)` and the like as the information schema names them. */
const usualName = (type: string): string =>
  ({ 'timestamptz(3)': 'timestamp with time zone', int: 'integer' })[type] ?? type;

test('migrations and entities agree about every column', async () => {
  const orm = await MikroORM.init({ clientUrl: opened.url, entities });
  const said = [...orm.getMetadata().getAll().values()].flatMap(({ schema, tableName, props }) =>
    props.map(
      ({ fieldNames, columnTypes, nullable }) =>
        `${schema === readSchema ? firstSchema : schema}.${tableName}.${fieldNames[0]} ${usualName(columnTypes[0] ?? '')}${nullable ? ' null' : ''}`,
    ),
  );
  await orm.close();
  const { rows } = await opened.database.run('read the columns', (db) =>
    sql<{ column: string }>`
      select table_schema || '.' || table_name || '.' || column_name || ' ' || data_type
        || case when is_nullable = 'YES' then ' null' else '' end as column
      from information_schema.columns
      where table_schema in ('read_1', 'kuraxx') and table_name <> 'migrations'`.execute(db),
  );
  expect(said.toSorted()).toEqual(rows.map(({ column }) => column).toSorted());
});
