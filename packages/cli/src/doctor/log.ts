import { describeLog } from '@kuraxx/event-store';
import type { Servers } from '../frame/servers.ts';
import { withoutPassword } from '../frame/servers.ts';
import { bad, type Finding, good, poor, reasonOf } from './finding.ts';

/** From this size on a stream's storage is worth a look. */
const manyBytes = 100 * 2 ** 30;

/** NATS, and the streams on it. `partitions`: what the environment wants, if it says so. */
export const checkLog = async (servers: Servers, partitions: string | undefined): Promise<Finding[]> => {
  const where = withoutPassword((await servers.target()).nats.url);
  try {
    const nats = await servers.nats();
    const findings = [
      good('nats', `${nats.info?.version ?? 'unknown version'} at ${where}, ${await nats.rtt()} ms away`),
    ];
    const log = await describeLog(nats);
    if (log.roomPartitions === undefined) {
      return [...findings, bad('log', 'not set up', 'start a service: the first one sets it up')];
    }
    if (partitions !== undefined && Number(partitions) !== log.roomPartitions) {
      findings.push(
        bad(
          'log',
          `set up with ${log.roomPartitions} room partitions, KURAXX_PARTITIONS says ${partitions}`,
          `set KURAXX_PARTITIONS=${log.roomPartitions}: the number is fixed for ever, services refuse to start with another`,
        ),
      );
    }
    for (const partition of log.missing) {
      findings.push(
        bad(
          'log',
          `the stream of partition ${partition} is missing`,
          'restore it from a backup (nats account restore)',
        ),
      );
    }
    for (const { name, faults, lagging, bytes } of log.streams) {
      for (const fault of faults)
        findings.push(bad(name, fault, 'set it back with nats stream edit, or restore a backup'));
      for (const server of lagging)
        findings.push(poor(name, `the copy on ${server} lags`, 'look after that NATS server'));
      if (bytes > manyBytes) findings.push(poor(name, 'is larger than 100 GiB', 'see that its disk has room'));
    }
    const events = log.streams.reduce((sum, stream) => sum + stream.events, 0);
    findings.push(good('log', `${events.toLocaleString('en')} events in ${log.streams.length} streams`));
    return findings;
  } catch (error) {
    return [bad('nats', reasonOf(error), `start NATS with JetStream (-js) at ${where}, or set NATS_URL`)];
  }
};
