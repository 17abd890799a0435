import { Migration } from '@mikro-orm/migrations';

/** Uploads. Their events come after every other of the log, so what was projected before needs no second look. */
export class ReadFiles extends Migration {
  override up(): void {
    this.addSql(`create table if not exists files (
      id text collate "C" primary key,
      user_id text collate "C" not null,
      status text not null,
      file_name text not null,
      mime_type text not null,
      file_size bigint not null,
      purpose text not null,
      use_kind text null,
      room_id text collate "C" null,
      message_id text collate "C" null,
      created_at timestamptz(3) not null,
      changed_at timestamptz(3) not null)`);
  }
}
