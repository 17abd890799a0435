import type { Message } from '@kuraxx/contracts';

/** What is known of a room's messages, the oldest first. */
export type Timeline = {
  readonly messages: readonly Message[];
  /** Edits and deletions since the room was entered: a page of the history may have been read before them. */
  readonly edited: ReadonlyMap<string, Message>;
  readonly deleted: ReadonlySet<string>;
};

export const emptyTimeline: Timeline = { messages: [], edited: new Map(), deleted: new Set() };

/** The newer of two versions of one message. */
const newer = (a: Message, b: Message): Message => (b.updatedAt > a.updatedAt ? b : a);

/**
 * Puts a page of the history before what is known. Where both have a message the newer version stays, at the place that the history gives it:
 * live events may have come before the page.
 *
 * @param page the newest first, as REST gives it
 */
export const withHistory = (timeline: Timeline, page: readonly Message[]): Timeline => {
  const { messages, edited, deleted } = timeline;
  const known = new Map([...messages.map((message) => [message.id, message] as const), ...edited]);
  const older = page
    .toReversed()
    .filter(({ id }) => !deleted.has(id))
    .map((message) => newer(message, known.get(message.id) ?? message));
  const placed = new Set(older.map(({ id }) => id));
  return { ...timeline, messages: [...older, ...messages.filter(({ id }) => !placed.has(id))] };
};

/** A message that has just come. */
export const withMessage = (timeline: Timeline, message: Message): Timeline =>
  timeline.messages.some(({ id }) => id === message.id)
    ? withEdit(timeline, message)
    : { ...timeline, messages: [...timeline.messages, message] };

/** An edit, also of a message that isn't shown yet. */
export const withEdit = (timeline: Timeline, message: Message): Timeline => ({
  ...timeline,
  messages: timeline.messages.map((known) => (known.id === message.id ? newer(known, message) : known)),
  edited: new Map(timeline.edited).set(message.id, message),
});

/** A deletion; it is final. */
export const withoutMessage = (timeline: Timeline, messageId: string): Timeline => ({
  ...timeline,
  messages: timeline.messages.filter(({ id }) => id !== messageId),
  deleted: new Set(timeline.deleted).add(messageId),
});
