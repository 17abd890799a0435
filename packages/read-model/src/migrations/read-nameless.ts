import { Migration } from '@mikro-orm/migrations';

/** Names are in `users` alone, so that they can be taken away; SYSTEM messages, which name people, are found by them. */
export class ReadNameless extends Migration {
  override up(): void {
    this.addSql(`alter table users add column deleted_at timestamptz(3) null`);
    this.addSql(`alter table messages drop column sender`);
    this.addSql(`create index messages_notices on messages (sender_id) where type = 'SYSTEM'`);
  }
}
