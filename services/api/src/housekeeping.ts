import type { Commands } from '@kuraxx/commands';

/** Longer than a request, so that what is under way elsewhere is mostly done; well within a minute. */
const everyMs = 15_000;

/**
 * Brings to an end what a process that died had begun: at once, and then now and then. Every api does this; several at
 * once do no harm.
 *
 * @returns how to stop; what is under way is waited for
 */
export const keepHouse = (accounts: Pick<Commands['accounts'], 'finishAll'>, intervalMs = everyMs) => {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const round = async (): Promise<void> => {
    await accounts.finishAll();
    if (!isStopped) timer = setTimeout(next, intervalMs * (0.75 + Math.random() / 2)); // not all processes in step
  };
  let running = round();
  const next = (): void => {
    running = round();
  };
  return async (): Promise<void> => {
    isStopped = true;
    clearTimeout(timer);
    await running;
  };
};
