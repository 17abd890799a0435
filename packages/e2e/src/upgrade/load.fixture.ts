import { setTimeout as delay } from 'node:timers/promises';
import { v7 } from 'uuid';
import type { Watched } from '../client.fixture.ts';
import { type Client, type Person } from '../person.fixture.ts';

export type Load = {
  /** Requests that did not end as they must, in words. */
  readonly failures: readonly string[];
  /** Contents of what was acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  readonly requests: number;
  /** Ends the load; resolves when what is under way has ended. */
  stop(): Promise<void>;
};

const pauseMs = 25;
const workers = 3;
const pageSize = 50;

/** Sends, reads back, edits and lists by REST on kept-alive connections, and sends by WebSocket, until it is stopped. Nothing is retried here. */
export const startLoad = (person: Person, roomId: string, watched: Watched): Load => {
  const stopping = new AbortController();
  const failures: string[] = [];
  const acknowledged = new Set<string>();
  let requests = 0;

  const request = async <A extends { readonly status: number; readonly body: unknown }>(
    what: string,
    status: number,
    ask: () => Promise<A>,
  ): Promise<A | undefined> => {
    requests++;
    try {
      const answer = await ask();
      if (answer.status === status) return answer;
      failures.push(`${what}: ${answer.status} ${JSON.stringify(answer.body)}`);
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
      failures.push(`${what}: ${String(error)}${cause}`);
    }
    return undefined;
  };
  const byRest = async (api: Client, worker: number): Promise<void> => {
    for (let count = 0; !stopping.signal.aborted; count++) {
      const content = `rest ${worker}.${count}`;
      const sent = await request('send', 201, () => api.messages.send({ body: { roomId, content, tempId: v7() } }));
      if (sent?.status === 201) {
        acknowledged.add(content);
        const { id, createdAt } = sent.body.data.message;
        const page = await request('history', 200, () => api.messages.history({ query: { roomId, limit: pageSize } }));
        const messages = page?.status === 200 ? page.body.data.messages : [];
        // A slow answer may be all about what the others sent meanwhile; two sent at once may have their times the other way round
        const isFurtherBack =
          messages.length === pageSize && messages.slice(0, -workers).every((other) => other.createdAt >= createdAt);
        const isShown = messages.some((message) => message.id === id);
        if (page !== undefined && !isShown && !isFurtherBack) {
          failures.push(`history: ${content} was acknowledged and is not shown`);
        }
      }
      await request('rooms', 200, () => api.rooms.list({ query: {} }));
      await delay(pauseMs);
    }
  };
  const bySocket = async (): Promise<void> => {
    for (let count = 0; !stopping.signal.aborted; count++) {
      const content = `socket ${count}`;
      requests++;
      try {
        await watched.room.send(content);
        acknowledged.add(content);
      } catch (error) {
        failures.push(`socket: ${String(error)}`);
      }
      await delay(pauseMs);
    }
  };
  const running = Promise.all([
    ...Array.from({ length: workers }, (_, worker) => byRest(person.api, worker)),
    bySocket(),
  ]);
  return {
    failures,
    acknowledged,
    get requests() {
      return requests;
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
