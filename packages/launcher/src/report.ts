/** What the launcher tells while it works; the terminal prints it, tests may look at it. */
export type Report = (line: string) => void;

/** The text of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Something that the person at the terminal has to mend; the message says what and how, and stands alone. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
