import { checkAnswer } from './check-answer.ts';
import { createHttpLane } from './http-lane.ts';
import { runCases } from './property-run.ts';
import { type RestRequest, renderRequest, restRequest } from './rest-request.ts';
import type { FuzzWorld } from './world.ts';

export type RestFigures = {
  readonly requests: number;
  readonly statuses: Record<string, number>;
  readonly slowestMs: number;
};

/** So many connections at once. */
const lanes = 8;
const shownBytes = 1500;

const show = (bytes: Uint8Array): string =>
  JSON.stringify(Buffer.from(bytes.subarray(0, shownBytes)).toString('latin1')) +
  (bytes.length > shownBytes ? '…' : '');

/**
 * Sends generated requests and checks every answer.
 *
 * @param options.timeoutMs each request has its answer, or its connection's end, by then
 * @throws {Error} for the first answer that docs/protocol.md doesn't promise, with the request's bytes
 */
export const fuzzRest = async (options: {
  readonly apiUrl: string;
  readonly world: FuzzWorld;
  readonly seed: number;
  readonly requests: number;
  readonly timeoutMs: number;
}): Promise<RestFigures> => {
  const { apiUrl, world, seed, timeoutMs } = options;
  const open = Array.from({ length: lanes }, () => createHttpLane(Number(new URL(apiUrl).port)));
  const statuses: Record<string, number> = {};
  let slowestMs = 0;

  const send = async (lane: (typeof open)[number], request: RestRequest): Promise<void> => {
    const rendered = renderRequest(request, world.current());
    try {
      const { answers, elapsedMs } = await lane.exchange(rendered, timeoutMs);
      slowestMs = Math.max(slowestMs, elapsedMs);
      if (answers.length === 0) statuses['closed'] = (statuses['closed'] ?? 0) + 1;
      for (const answer of answers) {
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        await checkAnswer(request, answer);
      }
    } catch (error) {
      throw new Error(`${String(error)}\n  after ${show(rendered.bytes)}`, { cause: error });
    }
  };

  const run = async (requests: readonly RestRequest[]): Promise<void> => {
    const waiting = requests.values(); // one iterator: each request is taken once
    const work = open.map(async (lane) => {
      for (const request of waiting) await send(lane, request);
    });
    await Promise.all(work);
  };

  try {
    const limits = { seed, count: options.requests, batch: 64, roundLimitMs: 120_000 };
    const requests = await runCases('REST', restRequest, run, limits, () => world.renew());
    return { requests, statuses, slowestMs };
  } finally {
    for (const lane of open) lane.close();
  }
};
