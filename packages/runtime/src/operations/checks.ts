/** What is asked before a service says that it is ready. */
export type Check = {
  readonly name: string;
  /** Without it the service is of no use to anybody; else it is only told. */
  readonly required: boolean;
  /** @returns undefined when all is well, else the reason in words. May reject: that is a reason as well. */
  readonly run: () => string | undefined | Promise<string | undefined>;
};

export type Readiness = {
  readonly ready: boolean;
  /** Why not, or what works less well; empty when all is well. */
  readonly reasons: readonly string[];
  readonly checks: Readonly<
    Record<string, { readonly ok: boolean; readonly required: boolean; readonly reason?: string }>
  >;
};

/** A probe has little patience of its own. */
const checkTimeoutMs = 1_000;

const resultOf = async ({ run }: Check): Promise<string | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${checkTimeoutMs} ms`), checkTimeoutMs);
  });
  try {
    return await Promise.race([run(), late]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
};

/** Long enough for probes of several kinds to share it, and short beside what people take to look. */
const rememberMs = 5_000;

/**
 * The same check, asked every five seconds at most: for what is only told, where each question costs the servers something.
 *
 * @param nowMs the time; default: since the process started
 */
export const remembered = (check: Check, nowMs = (): number => performance.now()): Check => {
  let last: { readonly atMs: number; readonly result: Promise<string | undefined> } | undefined;
  return {
    ...check,
    run: () => {
      if (last === undefined || nowMs() - last.atMs >= rememberMs) last = { atMs: nowMs(), result: resultOf(check) };
      return last.result;
    },
  };
};

/** Runs all checks side by side; takes a second at most. */
export const readinessOf = async (
  phase: 'starting' | 'running' | 'stopping',
  all: readonly Check[],
): Promise<Readiness> => {
  const results = await Promise.all(all.map(async (check) => [check, await resultOf(check)] as const));
  const failed = results.filter(([, reason]) => reason !== undefined);
  const reasons = failed.map(([{ name }, reason]) => `${name}: ${reason}`);
  return {
    ready: phase === 'running' && !failed.some(([{ required }]) => required),
    reasons: phase === 'running' ? reasons : [phase, ...reasons],
    checks: Object.fromEntries(
      results.map(([{ name, required }, reason]) => [
        name,
        { ok: reason === undefined, required, ...(reason === undefined ? {} : { reason }) },
      ]),
    ),
  };
};
