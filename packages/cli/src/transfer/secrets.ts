import { openBucket } from '@kuraxx/event-store';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from 'nats';

/** What must never be in the log, and without which nobody can sign in: see packages/commands/src/kv/buckets.ts. */
export const secretBuckets = [
  'KURAXX_NAMES',
  'KURAXX_CREDENTIALS',
  'KURAXX_SESSIONS',
  'KURAXX_PASSCODES',
  'KURAXX_UNFINISHED',
] as const;

export type Secret = { readonly bucket: string; readonly key: string; readonly value: string };

/** All entries of all stores of secrets. A bucket that was never made has none. */
export async function* readSecrets(nats: NatsConnection): AsyncIterable<Secret> {
  const kvm = new Kvm(nats);
  const known = new Set<string>();
  for await (const status of kvm.list()) known.add(status.bucket);
  for (const name of secretBuckets) {
    if (!known.has(name)) continue;
    const bucket = await kvm.open(name);
    const keys: string[] = [];
    for await (const key of await bucket.keys()) keys.push(key);
    for (const key of keys) {
      const entry = await bucket.get(key);
      if (entry?.operation === 'PUT') yield { bucket: name, key, value: entry.string() };
    }
  }
}

/** Puts entries back. @returns how to put one */
export const secretsWriter = (nats: NatsConnection, replicas: number) => {
  const buckets = new Map<string, ReturnType<typeof openBucket>>();
  return async ({ bucket, key, value }: Secret): Promise<void> => {
    if (!secretBuckets.some((name) => name === bucket)) throw new Error(`no store of secrets is called ${bucket}`);
    const opening = buckets.get(bucket) ?? openBucket(nats, bucket, { replicas });
    buckets.set(bucket, opening);
    await (await opening).put(key, value);
  };
};
