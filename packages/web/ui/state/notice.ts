import { ApiError, SignedOut, Unreachable } from '@kuraxx/client';
import { signal } from '@preact/signals';

/** What the person should know now; empty when there is nothing. */
export const notice = signal('');

const textOf = (error: unknown): string => {
  if (error instanceof ApiError) {
    const details = Object.entries(error.details).map(([field, texts]) => `${field}: ${texts.join(', ')}`);
    return [error.message, ...details].join(' · ');
  }
  if (error instanceof Unreachable) return 'The server can’t be reached. Try again in a moment.';
  if (error instanceof SignedOut) return 'Your session has ended. Sign in again.';
  return error instanceof Error ? error.message : String(error);
};

/** Does something for the person; what goes wrong is told. @returns whether it went well */
export const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
  try {
    notice.value = '';
    await work();
    return true;
  } catch (error) {
    notice.value = textOf(error);
    return false;
  }
};
