import { closeCodes, type FrameEncoding, type ServerFrame } from '@kuraxx/contracts';
import { z } from 'zod';
import { type Expected, expectedAnswers } from './expected-answers.ts';
import { type Frame, frame, renderFrame } from './frame.ts';
import { type FrameLane, openFrameLane, SocketClosed } from './frame-lane.ts';
import type { World } from './placeholders.ts';
import { runCases } from './property-run.ts';
import type { FuzzWorld } from './world.ts';

export type FrameFigures = { readonly frames: number; readonly answers: Record<string, number> };

/** So many sockets at once; the first has not authenticated. */
const lanes = 8;
/** Every second socket speaks MessagePack. */
const encodingOf = (n: number): FrameEncoding => (n % 2 === 1 ? 'msgpack' : 'json');

/** Our own, for what is not answered in turn. */
const isOutOfTurn = (requestId: string | undefined): boolean => requestId?.startsWith('turn-') === true;

/** Direct answers in turn; what a `resume` said of its rooms belongs to it. */
const countAnswers = (frames: readonly ServerFrame[]): number => {
  const isDirect = (one: ServerFrame): boolean =>
    !isOutOfTurn(one.requestId) &&
    (one.type === 'error' ||
      one.type === 'authenticated' ||
      ((one.type === 'room:join' || one.type === 'room:leave') && 'success' in one.payload));
  const resumed = frames.flatMap((one) => (one.type === 'resumed' ? one.payload.joined : []));
  return frames.filter(isDirect).length - resumed.length;
};

const nameOf = (one: ServerFrame): string => (one.type === 'error' ? one.payload.code : one.type);

type Message = {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
  readonly parts: number;
  readonly expected: Expected;
  /** Of one that is not answered in turn. */
  readonly requestId?: string;
};

const toMessage = (one: Frame, requestId: string, world: World): Message => {
  const { parts } = one;
  const { bytes, isBinary } = renderFrame(one, world);
  const text = bytes.toString();
  const expected = expectedAnswers(text);
  if (expected === 'once' || expected === 'never') return { bytes, isBinary, parts, expected };
  const json = z.looseObject({}).parse(JSON.parse(text));
  return { bytes: Buffer.from(JSON.stringify({ ...json, requestId })), isBinary, parts, expected, requestId };
};

/** @throws {Error} when an answer was not foreseen, or tells to wait without saying how long */
const checkErrors = (came: readonly ServerFrame[]): void => {
  const isWrong = (one: ServerFrame): boolean => {
    if (one.type !== 'error') return false;
    const { code, retryAfterMs } = one.payload;
    return code === 'HANDLER_ERROR' || (code === 'RATE_LIMITED' && retryAfterMs === undefined);
  };
  const wrong = came.find(isWrong);
  if (wrong !== undefined) throw new Error(`an error as it should not be: ${JSON.stringify(wrong)}`);
};

/** @throws {Error} when there are more or fewer answers than promised */
const checkCount = (messages: readonly Message[], came: readonly ServerFrame[]): void => {
  const promised = messages.filter(({ expected }) => expected === 'once').length;
  const count = countAnswers(came);
  if (count !== promised) throw new Error(`${count} answers instead of ${promised}`);
};

/** Who goes on sending into a closed connection may lose the code that had been sent. */
const cutWhileSending = 1006;
const shownBytes = 400;

const describe = (messages: readonly Message[], came: readonly ServerFrame[]): string => {
  const sent = messages.map(({ bytes, isBinary }) => {
    const text = JSON.stringify(bytes.subarray(0, shownBytes).toString());
    return `  sent ${isBinary ? 'binary' : 'text'} ${text}`;
  });
  const got = came.map((one) => `  came ${JSON.stringify(one).slice(0, shownBytes)}`);
  return [...sent, ...got].join('\n');
};

/** Signs in as one of the world's users and joins its rooms, as far as they may. */
const enter = async (lane: FrameLane, world: FuzzWorld, n: number, timeoutMs: number): Promise<void> => {
  const { token, room } = world.current();
  const say = (type: string, payload: object): void =>
    lane.send(Buffer.from(JSON.stringify({ type, payload })), false, 1);
  say('authenticate', { token: token[n % token.length] });
  for (const roomId of room) say('room:join', { roomId });
  await lane.settle(timeoutMs);
};

/**
 * Sends generated frames on several sockets and checks that each is answered as promised, by frames of the contract, and that no socket is
 * closed.
 *
 * @param options.timeoutMs a batch of frames is answered by then
 * @throws {Error} for the first batch of one socket that isn't, with its frames
 */
export const fuzzFrames = async (options: {
  readonly wsUrl: string;
  readonly world: FuzzWorld;
  readonly seed: number;
  readonly frames: number;
  readonly timeoutMs: number;
  /** Whether frames are limited, low enough to be met. Then answers are not counted. */
  readonly limits: 'on' | 'off';
}): Promise<FrameFigures> => {
  const { wsUrl, world, seed, timeoutMs, limits } = options;
  const answers: Record<string, number> = {};
  let open: FrameLane[] = [];
  let asked = 0;

  /** As it should be: the first socket authenticates by chance alone, and limits are there to be met. */
  const isFair = (code: number, n: number): boolean => {
    if (code === closeCodes.authenticationTimeout) return n === 0 || limits === 'on';
    return limits === 'on' && (code === closeCodes.flood || code === cutWhileSending);
  };

  const closeAll = (): void => {
    for (const lane of open) lane.close();
    open = [];
  };
  const openAll = async (): Promise<void> => {
    closeAll();
    await world.renew();
    for (let n = 0; n < lanes; n++) {
      const lane = await openFrameLane(wsUrl, encodingOf(n));
      open.push(lane);
      if (n > 0) await enter(lane, world, n, timeoutMs);
    }
  };

  /** What came in answer; of a socket that was rightly closed meanwhile, what came before that: another takes its place. */
  const settle = async (lane: FrameLane, n: number, late: readonly string[]): Promise<readonly ServerFrame[]> => {
    try {
      return await lane.settle(timeoutMs, late);
    } catch (error) {
      if (!(error instanceof SocketClosed && isFair(error.code, n))) throw error;
      open[n] = await openFrameLane(wsUrl, encodingOf(n));
      return error.came;
    }
  };

  const runOn = async (n: number, frames: readonly Frame[]): Promise<void> => {
    const lane = open[n];
    if (lane === undefined) throw new Error('the sockets are closed');
    const messages = frames.map((one) => toMessage(one, `turn-${++asked}`, world.current()));
    const late = messages.flatMap(({ expected, requestId = '' }) => (expected === 'late' ? [requestId] : []));
    let came: readonly ServerFrame[] = [];
    try {
      for (const { bytes, isBinary, parts } of messages) lane.send(bytes, isBinary, parts);
      came = await settle(lane, n, late);
      for (const one of came) answers[nameOf(one)] = (answers[nameOf(one)] ?? 0) + 1;
      checkErrors(came);
      // a refusal overtakes what waits for its turn, and a socket that was closed has not answered all
      if (limits === 'off' && open[n] === lane) checkCount(messages, came);
    } catch (error) {
      throw new Error(`${String(error)}\n${describe(messages, came)}`, { cause: error });
    }
  };

  /** Frame n goes to socket n modulo their number, in order. */
  const run = async (frames: readonly Frame[]): Promise<void> => {
    const results = await Promise.allSettled(
      open.map((_lane, n) =>
        runOn(
          n,
          frames.filter((_one, index) => index % lanes === n),
        ),
      ),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return;
    await openAll(); // the next, smaller case starts anew
    throw failed.reason;
  };

  try {
    const rounds = { seed, count: options.frames, batch: 160, roundLimitMs: 120_000 };
    const frames = await runCases('WebSocket', frame, run, rounds, openAll);
    return { frames, answers };
  } finally {
    closeAll();
  }
};
