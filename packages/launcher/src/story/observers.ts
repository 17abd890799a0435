import { redisChannels } from '@kuraxx/contracts';
import { Redis } from 'ioredis';
import { type RawData, WebSocket } from 'ws';
import { z } from 'zod';

const waitMs = 10_000;

/** Something that came in, as text, remembered until somebody asks for it. */
export type Inbox = {
  /** The first item that contains all parts, also one that came before; fails after ten seconds, with what came last instead. */
  next(what: string, ...parts: string[]): Promise<string>;
  close(): void;
};

const createInbox = (close: () => void): Inbox & { receive(text: string): void } => {
  const items: string[] = [];
  const waiting = new Set<() => void>();
  return {
    receive: (text) => {
      items.push(text);
      for (const check of waiting) check();
    },
    next: (what, ...parts) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = items.find((item) => parts.every((part) => item.includes(part)));
          if (found === undefined) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve(found);
        };
        const timer = setTimeout(() => {
          waiting.delete(check);
          const last = items.at(-1) ?? 'nothing';
          reject(
            new Error(`${what} did not come within ${waitMs / 1000} s; the last that came: ${last.slice(0, 500)}`),
          );
        }, waitMs);
        waiting.add(check);
        check();
      }),
    close,
  };
};

/** The text of a frame in whichever form `ws` hands it over. */
const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)).toString();

/** Opens a WebSocket. */
export const openSocket = async (url: string): Promise<Inbox & { send(frame: object): void }> => {
  const ws = new WebSocket(url);
  const inbox = createInbox(() => ws.close());
  ws.on('message', (data) => inbox.receive(textOf(data)));
  ws.on('close', (code, reason) => inbox.receive(`the socket was closed with ${code} ${reason.toString()}`));
  await new Promise<void>((resolve, reject) => {
    ws.once('open', () => resolve());
    ws.on('error', reject); // after that it closes, and what is waited for doesn't come
  });
  return { ...inbox, send: (frame) => ws.send(JSON.stringify(frame)) };
};

/** Subscribes to the ten documented Redis channels. */
export const hearRedis = async (url: string): Promise<Inbox> => {
  const redis = new Redis(url);
  const inbox = createInbox(() => redis.disconnect());
  redis.on('error', (error) => inbox.receive(String(error)));
  redis.on('message', (_channel, text) => inbox.receive(text));
  await redis.subscribe(...Object.keys(redisChannels));
  return inbox;
};

/** Parses an answer's `data`. @throws with the whole answer when the status is another */
export const ask = async <T extends z.ZodType>(
  request: { url: string; method: string; token?: string; body?: object; status: number },
  data: T,
): Promise<z.infer<T>> => {
  const response = await fetch(request.url, {
    method: request.method,
    headers: {
      'content-type': 'application/json',
      ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  });
  const text = await response.text();
  if (response.status !== request.status)
    throw new Error(`expected ${request.status}, got ${response.status}: ${text}`);
  return data.parse(z.object({ data: z.unknown() }).parse(JSON.parse(text)).data);
};
