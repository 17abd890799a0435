import { type Arbitrary, array, asyncProperty, check } from 'fast-check';

export type RunOptions = {
  readonly seed: number;
  /** At least so many cases are tried. */
  readonly count: number;
  /** At most so many are put to `run` at once. */
  readonly batch: number;
  /** A round of some hundred cases, the search for the smallest failing one included, ends by then. */
  readonly roundLimitMs: number;
};

const maxBatchesARound = 40;

/**
 * Puts generated cases to `run`, a batch at a time. A batch that fails is made smaller as long as it fails. Round n has the seed
 * `seed + n`, so that a failure is found again without the rounds before it.
 *
 * @param before is called before each round
 * @returns how many cases were tried
 * @throws {Error} with the round's seed, the path to the case in fast-check's tree and what `run` threw
 */
export const runCases = async <T>(
  what: string,
  one: Arbitrary<T>,
  run: (cases: readonly T[]) => Promise<void>,
  { seed, count, batch, roundLimitMs }: RunOptions,
  before: () => Promise<void>,
): Promise<number> => {
  let tried = 0;
  const property = asyncProperty(array(one, { minLength: 1, maxLength: batch, size: 'max' }), async (cases) => {
    tried += cases.length;
    await run(cases);
  });
  for (let round = 0; tried < count; round++) {
    await before();
    const details = await check(property, {
      seed: seed + round,
      // batches are half full on the average
      numRuns: Math.min(maxBatchesARound, Math.ceil((2 * (count - tried)) / batch)),
      interruptAfterTimeLimit: roundLimitMs,
      markInterruptAsFailure: true,
    });
    if (!details.failed) continue;
    const { counterexamplePath, errorInstance } = details;
    const why =
      errorInstance instanceof Error ? errorInstance.message : `a round was not done within ${roundLimitMs} ms`;
    const where = `${what}, seed ${seed + round}, path ${counterexamplePath}`;
    throw new Error(`${where}: ${why}`, { cause: errorInstance });
  }
  return tried;
};
