import { Migration } from '@mikro-orm/migrations';

/**
 * Tables and indexes of a read model. Ids are text with byte order: equality and paging need no more. `if not exists`, here and
 * in the next one: the first read model was made before each kept a list of its own.
 */
export class ReadFirst extends Migration {
  override up(): void {
    this.addSql(`create table if not exists checkpoints (
      partition text collate "C" primary key, epoch text not null, sequence bigint not null)`);
    this.addSql(`create table if not exists deleted_rooms (id text collate "C" primary key)`);

    this.addSql(`create table if not exists users (
      id text collate "C" primary key,
      username text not null,
      display_name text not null,
      avatar_url text null,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null)`);

    this.addSql(`create table if not exists rooms (
      id text collate "C" primary key,
      partition int not null,
      name text null,
      description text null,
      type text not null,
      avatar_url text null,
      created_by_id text collate "C" not null,
      topics jsonb not null,
      message_count int not null,
      member_count int not null,
      last_message_at timestamptz(3) null,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null)`);
    this.addSql(`create index if not exists rooms_public on rooms (created_at desc, id) where type = 'PUBLIC'`);
    this.addSql(`create index if not exists rooms_active on rooms (last_message_at)`);

    this.addSql(`create table if not exists room_members (
      room_id text collate "C" not null,
      user_id text collate "C" not null,
      id text collate "C" not null,
      role text not null,
      joined_at timestamptz(3) not null,
      primary key (room_id, user_id))`);
    this.addSql(`create index if not exists room_members_in_order on room_members (room_id, joined_at, user_id)`);
    this.addSql(`create index if not exists room_members_of_user on room_members (user_id, room_id)`);

    this.addSql(`create table if not exists messages (
      id text collate "C" primary key,
      room_id text collate "C" not null,
      sequence bigint not null,
      content text not null,
      type text not null,
      status text not null,
      sender_id text collate "C" not null,
      sender jsonb not null,
      reply_to_id text collate "C" null,
      attachments jsonb not null,
      edited_at timestamptz(3) null,
      deleted_at timestamptz(3) null,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null)`);
    this.addSql(`create index if not exists messages_history on messages (room_id, sequence desc)`);
    this.addSql(`create index if not exists messages_by_time on messages (room_id, created_at desc)`);
    // messages come in the order of time: a range index finds today's at almost no cost per insert
    this.addSql(`create index if not exists messages_recent on messages using brin (created_at)`);

    // Search by part of a name needs trigrams. The extension is trusted and in every usual distribution;
    // where it is not allowed search still works, only slower.
    this.addSql(`do $$ declare extension_schema text; begin
      create extension if not exists pg_trgm with schema kuraxx;
      select nspname into extension_schema
        from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
      execute format('create index if not exists users_username_part on users using gin (username %I.gin_trgm_ops)',
        extension_schema);
      execute format('create index if not exists users_display_name_part on users using gin (display_name %I.gin_trgm_ops)',
        extension_schema);
    exception when insufficient_privilege or undefined_file or feature_not_supported then
      raise notice 'no pg_trgm: user search works without an index';
    end $$`);
    this.addSql(`create index if not exists users_in_order on users (username, id)`);
  }
}
