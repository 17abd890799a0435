import { TimeoutError } from 'nats';

const isTimeout = (error: unknown): boolean =>
  error instanceof TimeoutError || (error instanceof Error && isTimeout(error.cause));

/**
 * Makes a stream or bucket, which may be made twice. When two processes make the same one at once on a new server, NATS 2.9 now and then leaves one
 * of them without an answer: it asks once more.
 */
export const answered = async <T>(make: () => Promise<T>): Promise<T> => {
  try {
    return await make();
  } catch (error) {
    if (!isTimeout(error)) throw error;
    return make();
  }
};
