import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from 'nats';
import { z } from 'zod';

const position = z.object({ sequence: z.int() });

/** How far the mirror is, by partition. */
export const readMirrorPositions = async (nats: NatsConnection): Promise<ReadonlyMap<string, number>> => {
  const bucket = await new Kvm(nats).open('KURAXX_BRIDGE');
  const positions = new Map<string, number>();
  for await (const key of await bucket.keys('position.*')) {
    const entry = await bucket.get(key);
    if (entry !== null) positions.set(key.slice('position.'.length), position.parse(entry.json()).sequence);
  }
  return positions;
};
