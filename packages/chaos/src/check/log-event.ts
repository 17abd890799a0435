import type { ChatEvent } from '@kuraxx/domain';

/** An event as it stands in the log. */
export type LogEvent = {
  /** As clients see it. */
  readonly position: string;
  readonly partition: string;
  readonly sequence: number;
  readonly eventId: string;
  /** When it happened, in ms since 1970, by its writer's clock: before it was stored. */
  readonly time: number;
  readonly via: string | undefined;
  readonly event: ChatEvent;
};

/** The message in an event that shows one, sends and joins alike. */
export const messageOf = ({ event }: LogEvent) => ('message' in event.data ? event.data.message : undefined);

/** The room that an event belongs to; none for those of accounts and files. */
export const roomOf = ({ event }: LogEvent): string | undefined => {
  if ('message' in event.data) return event.data.message.roomId;
  return 'roomId' in event.data ? event.data.roomId : undefined;
};
