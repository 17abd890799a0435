import type { Migration } from '@mikro-orm/migrations';
import { LastingFirst } from './lasting-first.ts';
import { ReadFiles } from './read-files.ts';
import { ReadFirst } from './read-first.ts';
import { ReadNameless } from './read-nameless.ts';
import { ReadParked } from './read-parked.ts';
import { ReadRoomsInPlace } from './read-rooms-in-place.ts';

type Listed = {
  readonly name: string;
  readonly class: new (...args: ConstructorParameters<typeof Migration>) => Migration;
};

// Both lists only ever grow at their ends. Names of tables are unqualified: a migration runs with its schema as the search path.

/** Of the schema `kuraxx`. */
export const lastingMigrations: readonly Listed[] = [{ name: 'lasting_first', class: LastingFirst }];

/** Of every read model's schema; each keeps its own list of those that ran. */
export const readMigrations: readonly Listed[] = [
  { name: 'first', class: ReadFirst },
  { name: 'files', class: ReadFiles },
  { name: 'parked', class: ReadParked },
  { name: 'nameless', class: ReadNameless },
  { name: 'rooms_in_place', class: ReadRoomsInPlace },
];
