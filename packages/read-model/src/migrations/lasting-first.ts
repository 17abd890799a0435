import { Migration } from '@mikro-orm/migrations';

/** What outlives every read model. `if not exists`: presence was there before this list was. */
export class LastingFirst extends Migration {
  override up(): void {
    this.addSql(`create table if not exists presence (
      user_id text collate "C" primary key,
      is_online boolean not null,
      last_seen_at timestamptz(3) null,
      at timestamptz(3) not null)`);
    this.addSql(`create index if not exists presence_online on presence (user_id) where is_online`);

    this.addSql(`create table read_models (
      schema text collate "C" primary key,
      state text not null,
      created_at timestamptz(3) not null default now())`);
    this.addSql(`create table serving (
      only_one boolean primary key default true check (only_one),
      schema text collate "C" not null references read_models,
      previous text collate "C" null references read_models on delete set null,
      generation bigint not null)`);
    this.addSql(`insert into read_models (schema, state) values ('read_1', 'following')`);
    this.addSql(`insert into serving (schema, generation) values ('read_1', floor(extract(epoch from now()) * 1000))`);
  }
}
