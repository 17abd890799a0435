import { Migration } from '@mikro-orm/migrations';

/** Aggregates whose events are skipped because one of them can't be projected, and how many there are in a partition. */
export class ReadParked extends Migration {
  override up(): void {
    this.addSql(`create table parked (
      partition text collate "C" not null,
      aggregate text collate "C" not null,
      from_sequence bigint not null,
      skipped bigint not null,
      cause text not null,
      reason text not null,
      wire_type text not null,
      event_id text not null,
      at timestamptz(3) not null,
      primary key (partition, aggregate))`);
    this.addSql(`alter table checkpoints add column parked int not null default 0`);
  }
}
