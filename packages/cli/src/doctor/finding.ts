/** What a check found: `good`, `poor` (works, but see to it) or `bad` (something doesn't work). */
export type Finding = {
  readonly about: string;
  readonly state: 'good' | 'poor' | 'bad';
  readonly says: string;
  /** What to do; absent where nothing is to be done. */
  readonly advice?: string;
};

export const good = (about: string, says: string): Finding => ({ about, state: 'good', says });
export const poor = (about: string, says: string, advice: string): Finding => ({ about, state: 'poor', says, advice });
export const bad = (about: string, says: string, advice: string): Finding => ({ about, state: 'bad', says, advice });

/** The message of anything that was thrown, with the causes behind it. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const rest = error.cause === undefined ? '' : `: ${reasonOf(error.cause)}`;
  return `${error.message}${rest}`;
};
