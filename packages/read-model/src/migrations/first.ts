import { Migration } from '@mikro-orm/migrations';

/** All tables and indexes of `read_1`, and presence. Ids are text with byte order: equality and paging need no more. */
export class Migration1 extends Migration {
  override up(): void {
    this.addSql(`create schema if not exists kuraxx`);
    this.addSql(`create table kuraxx.presence (
      user_id text collate "C" primary key,
      is_online boolean not null,
      last_seen_at timestamptz(3) null,
      at timestamptz(3) not null)`);
    this.addSql(`create index presence_online on kuraxx.presence (user_id) where is_online`);

    this.addSql(`create schema if not exists read_1`);
    this.addSql(`create table read_1.checkpoints (
      partition text collate "C" primary key, epoch text not null, sequence bigint not null)`);
    this.addSql(`create table read_1.deleted_rooms (id text collate "C" primary key)`);

    this.addSql(`create table read_1.users (
      id text collate "C" primary key,
      username text not null,
      display_name text not null,
      avatar_url text null,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null)`);

    this.addSql(`create table read_1.rooms (
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
    this.addSql(`create index rooms_public on read_1.rooms (created_at desc, id) where type = 'PUBLIC'`);
    this.addSql(`create index rooms_active on read_1.rooms (last_message_at)`);

    this.addSql(`create table read_1.room_members (
      room_id text collate "C" not null,
      user_id text collate "C" not null,
      id text collate "C" not null,
      role text not null,
      joined_at timestamptz(3) not null,
      primary key (room_id, user_id))`);
    this.addSql(`create index room_members_in_order on read_1.room_members (room_id, joined_at, user_id)`);
    this.addSql(`create index room_members_of_user on read_1.room_members (user_id, room_id)`);

    this.addSql(`create table read_1.messages (
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
    this.addSql(`create index messages_history on read_1.messages (room_id, sequence desc)`);
    this.addSql(`create index messages_by_time on read_1.messages (room_id, created_at desc)`);
    // messages come in the order of time: a range index finds today's at almost no cost per insert
    this.addSql(`create index messages_recent on read_1.messages using brin (created_at)`);

    // Search by part of a name needs trigrams. The extension is trusted and in every usual distribution;
    // where it is not allowed search still works, only slower.
    this.addSql(`do $$ begin
      create extension if not exists pg_trgm;
      create index users_username_part on read_1.users using gin (username gin_trgm_ops);
      create index users_display_name_part on read_1.users using gin (display_name gin_trgm_ops);
    exception when insufficient_privilege or undefined_file or feature_not_supported then
      raise notice 'no pg_trgm: user search works without an index';
    end $$`);
    this.addSql(`create index users_in_order on read_1.users (username, id)`);
  }
}
