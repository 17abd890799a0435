import { type RedisChannel, redisChannels, redisEnvelope } from '@kuraxx/contracts';
import { eventually } from '@kuraxx/testing';
import { Redis } from 'ioredis';

export type Heard = { readonly channel: string; readonly text: string };

export type Channels = {
  /** What came, in order, as published. */
  readonly heard: readonly Heard[];
  /** The first publish on the channel whose text contains all of `parts`; it is checked against the contract. */
  next(channel: RedisChannel, ...parts: string[]): Promise<unknown>;
  close(): void;
};

/** Subscribes to the ten documented channels, as consumers of the old system do. */
export const hearChannels = async (redisUrl: string): Promise<Channels> => {
  const redis = new Redis(redisUrl);
  redis.on('error', () => undefined); // it comes back by itself; what is missing shows in `next`
  const heard: Heard[] = [];
  redis.on('message', (channel, text) => heard.push({ channel, text }));
  await redis.subscribe(...Object.keys(redisChannels));
  return {
    heard,
    next: (channel, ...parts) =>
      eventually(
        () => {
          const found = heard.find((one) => one.channel === channel && parts.every((part) => one.text.includes(part)));
          if (found === undefined) throw new Error(`nothing on ${channel} with ${parts.join(' and ')} yet`);
          return redisEnvelope(channel).strict().parse(JSON.parse(found.text));
        },
        { timeoutMs: 15_000 },
      ),
    close: () => redis.disconnect(),
  };
};
