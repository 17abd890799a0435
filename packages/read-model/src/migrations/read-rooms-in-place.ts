import { Migration } from '@mikro-orm/migrations';

/**
 * Each message changes its room's row. With no index over what it changes, and with room left on each page, Postgres writes the new version beside
 * the old one and touches no index at all (a heap-only tuple).
 */
export class ReadRoomsInPlace extends Migration {
  override up(): void {
    this.addSql(`drop index if exists rooms_active`);
    this.addSql(`alter table rooms set (fillfactor = 50)`);
  }
}
