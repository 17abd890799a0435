import { connect, type Socket } from 'node:net';
import { type HttpAnswer, readAnswer } from './http-response.ts';
import type { Rendered } from './rest-request.ts';

/** What came of one request. */
export type Exchange = { readonly answers: readonly HttpAnswer[]; readonly elapsedMs: number };

/** One connection after the other, one request at a time. */
export type HttpLane = {
  /**
   * Sends a request. An orderly one gets its one answer, and the connection is kept; after any other our side is closed, and what
   * comes until the server closes too is the answer.
   *
   * @throws {Error} when that takes longer than `timeoutMs`, or an orderly request gets no answer, or more than one
   */
  exchange(request: Rendered, timeoutMs: number): Promise<Exchange>;
  close(): void;
};

const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.once('connect', () => resolve(socket.setNoDelay(true)));
    socket.once('error', reject);
  });

export const createHttpLane = (port: number): HttpLane => {
  let kept: Socket | undefined;
  /** How the last connection ended before it gave an orderly answer. */
  let ending = '';

  const collect = (socket: Socket, { isHead, isOrderly }: Rendered, timeoutMs: number): Promise<HttpAnswer[]> =>
    new Promise((resolve, reject) => {
      let bytes: Buffer = Buffer.alloc(0);
      const answers: HttpAnswer[] = [];
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        socket.removeAllListeners().on('error', () => socket.destroy());
        settle();
      };
      const timer = setTimeout(
        () => done(() => reject(new Error(`no end within ${timeoutMs} ms; ${answers.length} answers so far`))),
        timeoutMs,
      );
      const take = (chunk: Buffer): void => {
        bytes = Buffer.concat([bytes, chunk]);
        for (let next = readAnswer(bytes, isHead); next !== undefined; next = readAnswer(bytes, isHead)) {
          answers.push(next.answer);
          bytes = next.rest;
        }
        if (isOrderly && answers.length > 0) done(() => resolve(answers));
      };
      socket.on('data', (chunk: Buffer) => {
        try {
          take(chunk);
        } catch (error) {
          done(() => reject(error));
        }
      });
      const over = (how: string): void => {
        ending = `${how} after ${bytes.length} bytes of an answer`;
        done(() => resolve(answers));
      };
      socket.once('end', () => over('closed'));
      socket.once('close', () => over('gone'));
      // a reset: the server had closed while we were still sending
      socket.once('error', (error) => over(error.message));
    });

  const isReusable = (answers: readonly HttpAnswer[]): boolean =>
    answers.length === 1 && answers[0]?.headers.get('connection') !== 'close';

  const once = async (request: Rendered, timeoutMs: number): Promise<HttpAnswer[]> => {
    const socket = kept ?? (await open(port));
    kept = undefined;
    const collecting = collect(socket, request, timeoutMs);
    if (request.isOrderly) socket.write(request.bytes);
    else socket.end(request.bytes);
    try {
      const answers = await collecting;
      if (request.isOrderly && isReusable(answers)) kept = socket;
      return answers;
    } finally {
      if (kept === undefined) socket.destroy();
    }
  };

  return {
    async exchange(request, timeoutMs) {
      const wasKept = kept !== undefined;
      const startedAtMs = performance.now();
      let answers = await once(request, timeoutMs);
      // the server may have closed a kept connection just then: that is HTTP, not a fault
      if (answers.length === 0 && request.isOrderly && wasKept) answers = await once(request, timeoutMs);
      if (request.isOrderly && answers.length !== 1) {
        throw new Error(`${answers.length} answers to one request of ${request.bytes.length} bytes: ${ending}`);
      }
      return { answers, elapsedMs: performance.now() - startedAtMs };
    },
    close: () => void kept?.destroy(),
  };
};
