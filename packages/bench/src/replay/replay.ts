/** A rebuild without comparing and switching: the replay alone, in a process of its own. */
import { openExistingLog } from '@kuraxx/event-store';
import { openMaintenance } from '@kuraxx/read-model';
import { connect } from 'nats';
import { type MemoryMark, replayInput } from './outputs.ts';
import { programInput, programOutput, stopwatch } from './program.ts';

const { natsUrl, databaseUrl, marks } = programInput(replayInput);
const nats = await connect({ servers: natsUrl });
const log = await openExistingLog({ nats, source: 'kuraxx/bench' });
const maintenance = await openMaintenance(databaseUrl, log);

const memory: MemoryMark[] = [];
const left = marks.toSorted((a, b) => a - b);
let events = 0;
const note = (): void => {
  if (left[0] === undefined || events < left[0]) return;
  left.shift();
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  memory.push({ events, residentBytes: rss, heapBytes: heapUsed });
};
let stop = stopwatch();
let taken = { ms: 0, cpuMs: 0 };
const { schema } = await maintenance.rebuild({
  compare: false,
  switchOver: false,
  fullSpeed: true,
  signal: new AbortController().signal,
  onPhase: (phase) => {
    if (phase === 'replaying') stop = stopwatch();
    if (phase === 'handing over') taken = stop();
  },
  onProgress: (progress) => {
    events += progress.events;
    note();
  },
});
await maintenance.close();
await log.close();
await nats.close();
programOutput({ schema, events, ...taken, memory });
