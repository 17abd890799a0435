import { type ChainableCommander, Redis as SoundRedis } from 'ioredis';

export * from 'ioredis';

/** A Redis client that publishes all twice. */
export class Redis extends SoundRedis {
  override pipeline(): ChainableCommander {
    const pipeline = super.pipeline();
    const publish = pipeline.publish.bind(pipeline);
    pipeline.publish = (channel: string | Buffer, message: string | Buffer) => {
      publish(channel, message);
      return publish(channel, message);
    };
    return pipeline;
  }
}
