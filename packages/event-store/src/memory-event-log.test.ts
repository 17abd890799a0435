import { logContract } from './contract.fixture.ts';
import { memoryEventLog } from './memory-event-log.ts';

for (const roomPartitions of [1, 4]) {
  const log = memoryEventLog({ roomPartitions });
  logContract(`in memory, ${roomPartitions} partitions`, () => log);
}
