import { createCheckpointWatch, type Serving } from '@kuraxx/event-store';
import { pause } from '@kuraxx/runtime';
import type { Context } from '../frame/action.ts';

const waitMs = 5000;

/** Waits until the projectors have announced what serves now: from then on every api reads from it. */
export const untilAnnounced = async (
  { servers, output, signal }: Context,
  switched: Serving & { readonly previous: string },
): Promise<void> => {
  const watch = createCheckpointWatch(await servers.nats());
  try {
    for (const deadline = Date.now() + waitMs; (watch.serving()?.generation ?? 0) < switched.generation; ) {
      if (Date.now() > deadline) {
        output.note(
          'No projector has announced it yet: readers follow within 5 s by themselves; is a projector running?',
        );
        return;
      }
      await pause(50, signal);
    }
  } finally {
    watch.close();
  }
};

/** The result of a command that has switched. */
export const tellSwitched = async (
  context: Context,
  switched: Serving & { readonly previous: string },
): Promise<'done'> => {
  await untilAnnounced(context, switched);
  context.output.result(switched, () => `${switched.schema} serves now; before it ${switched.previous} did.`);
  return 'done';
};
