import type { Partition } from '@kuraxx/event-store';
import { MaintenanceRefused } from './refused.ts';
import { headsOf, replay } from './replay.ts';

/** It is caught up enough to compare: the rest comes with that. */
export const nearlyThere = 2000;
/** Each round leaves less than half of what it had to do, so that is enough for any log. */
const maxRounds = 50;

const eventsUpTo = (heads: ReadonlyMap<Partition, number>): number =>
  [...heads.values()].reduce((sum, head) => sum + head, 0);

/**
 * Replays again and again what has come meanwhile, until little is left. Where a round has left more than half of what it had to do, the next
 * ones go at full speed: a considerate replay might never get there.
 *
 * @throws {MaintenanceRefused} when events come faster than that
 */
export const catchUp = async (needs: Omit<Parameters<typeof replay>[0], 'targets'>): Promise<void> => {
  let { pace } = needs;
  let from = 0;
  for (let round = 0; round < maxRounds; round++) {
    const targets = await headsOf(needs.log);
    const upTo = eventsUpTo(targets);
    await replay({ ...needs, targets, pace });
    const behind = eventsUpTo(await headsOf(needs.log)) - upTo;
    if (behind <= nearlyThere) return;
    if (behind > (upTo - from) / 2) pace = 'full';
    from = upTo;
  }
  throw new MaintenanceRefused('events come faster than they can be replayed');
};
