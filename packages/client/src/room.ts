import type { Message } from '@kuraxx/contracts';
import type { RoomEvent } from './core/events.ts';
import type { Input } from './core/io.ts';
import type { Send } from './core/outbox.ts';
import { createListeners, type Listeners } from './listeners.ts';
import type { Rest } from './rest.ts';
import { newTempId } from './temp-id.ts';

export type SendOptions = {
  /** Default: IMAGE or FILE by the attachments, TEXT without. */
  readonly type?: Send['type'];
  /** What `chat.upload` gave; the text may then be empty. */
  readonly attachments?: readonly Attachable[];
  readonly replyToId?: string;
  /** To show the message before it is stored; a new one by default. */
  readonly tempId?: string;
};

/** A file that was uploaded. */
type Attachable = { readonly id: string; readonly mimeType: string };

/** One room that is open: its events, and what can be done in it. */
export type Room = AsyncIterable<RoomEvent> & {
  readonly id: string;
  readonly on: Listeners<RoomEvent>['on'];
  /** The same as iterating over the room: events from the call on, in order, until the room is over. */
  events(): AsyncIterableIterator<RoomEvent>;
  /** Whether events come as they happen. */
  isLive(): boolean;
  /** The position of the last event in the log that was given: kept by the application, it is good as `since` later. */
  position(): string | undefined;
  /** Who is typing now, names by user id; without ourselves. */
  readonly typists: ReadonlyMap<string, string>;
  /**
   * Sends a message: now, or when the connection is back, as often as it takes, stored once. A room's messages are stored in the order of the
   * calls.
   *
   * @returns the message as it is stored
   * @throws {SendRefused} when it never will be @throws {SignedOut} when nobody is signed in, or somebody signs out before it is stored
   */
  send(content: string, options?: SendOptions): Promise<Message>;
  /** Tells the others that a key was pressed; call it for each. It ends by itself, or with a send. */
  typing(): void;
  /** A page of the history, the newest first; `cursor` is the answer's `nextCursor`. @throws as `Rest` */
  history(page?: { readonly limit?: number; readonly cursor?: string }): ReturnType<Rest['messages']['history']>;
  /** @throws as `Rest` */
  edit(messageId: string, content: string): Promise<Message>;
  /** @throws as `Rest` */
  remove(messageId: string): Promise<void>;
  /** Wants no more events. The membership stays; what waits to be sent is still sent. */
  close(): void;
};

const typeFor = (attachments: readonly Attachable[]): Send['type'] => {
  if (attachments.length === 0) return 'TEXT';
  return attachments.every(({ mimeType }) => mimeType.startsWith('image/')) ? 'IMAGE' : 'FILE';
};

export type OpenRoom = { readonly room: Room; tell(event: RoomEvent): void };

/** @param needs.send rejects at once when nobody is signed in */
export const openRoom = (
  id: string,
  needs: {
    readonly rest: Rest;
    readonly input: (input: Input) => void;
    readonly isLive: () => boolean;
    readonly closed: () => void;
    readonly send: (send: Omit<Send, 'senderId'>) => Promise<Message>;
  },
): OpenRoom => {
  const { rest, input } = needs;
  const { on, iterate, emit, end } = createListeners<RoomEvent>();
  const typists = new Map<string, string>();
  let position: string | undefined;

  const tell = (event: RoomEvent): void => {
    if (event.type === 'typing' && event.isTyping) typists.set(event.userId, event.username);
    else if (event.type === 'typing') typists.delete(event.userId);
    if ('position' in event) position = event.position;
    emit(event);
    if (event.type === 'over') end();
  };

  const room: Room = {
    id,
    on,
    events: iterate,
    [Symbol.asyncIterator]: iterate,
    isLive: needs.isLive,
    position: () => position,
    typists,
    send: (content, { attachments = [], type = typeFor(attachments), replyToId, tempId = newTempId() } = {}) =>
      needs.send({
        tempId,
        roomId: id,
        content,
        type,
        replyToId,
        ...(attachments.length === 0 ? {} : { attachments: attachments.map((file) => ({ fileId: file.id })) }),
      }),
    typing: () => input({ type: 'typing', roomId: id }),
    history: (page = {}) => rest.messages.history({ query: { roomId: id, ...page } }),
    edit: async (messageId, content) =>
      (await rest.messages.edit({ params: { id: messageId }, body: { content } })).message,
    remove: async (messageId) => void (await rest.messages.remove({ params: { id: messageId } })),
    close() {
      needs.closed();
      tell({ type: 'over', reason: 'closed' });
    },
  };
  return { room, tell };
};
