import type { EventType } from '@kuraxx/domain';

/** For each event type: from version n to n + 1. Data comes as it was stored, so it is `unknown` until it is parsed. */
export type Upcasters<T extends string = EventType> = {
  readonly [type in T]?: { readonly [fromVersion: number]: (data: unknown) => unknown };
};

/**
 * How data of old versions becomes data of the next one. Old events are never rewritten: whoever raises a version in
 * `wireTypes` adds the step here, and a golden file of the new version beside the old ones.
 */
export const upcasters: Upcasters = {};
