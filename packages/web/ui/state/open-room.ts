import { newTempId, type Room, type RoomEvent, SendRefused, type Uploaded } from '@kuraxx/client';
import type { Member } from '@kuraxx/contracts';
import { type Signal, signal } from '@preact/signals';
import { chat } from './chat.ts';
import { emptyTimeline, type Timeline, withEdit, withHistory, withMessage, withoutMessage } from './timeline.ts';

/** A message of one's own that isn't stored yet, or never will be. */
export type Unsent = { readonly tempId: string; readonly content: string; readonly failure?: string | undefined };

/** An event of the room's log as it reached this page; times in milliseconds since 1970. */
export type Delivery = { readonly position: string; readonly framedAtMs: number; readonly receivedAtMs: number };

/** A room that is open, and what the page shows of it. */
export type OpenRoom = {
  readonly room: Room;
  readonly timeline: Signal<Timeline>;
  readonly status: Signal<'entering' | 'live' | 'away'>;
  readonly typists: Signal<readonly string[]>;
  readonly members: Signal<readonly Member[]>;
  readonly unsent: Signal<readonly Unsent[]>;
  readonly unread: Signal<number>;
  readonly hasOlder: Signal<boolean>;
  readonly deliveries: Signal<readonly Delivery[]>;
  /** Shows the room: loads what isn't there yet, and counts nothing as unread meanwhile. */
  show(): Promise<void>;
  hide(): void;
  loadOlder(): Promise<void>;
  loadMembers(): Promise<void>;
  send(content: string, attachments: readonly Uploaded[]): void;
  forget(tempId: string): void;
};

const maxDeliveries = 200;
const membersAgainMs = 300;

/** @param over is called when the room gives no more */
export const openRoom = (roomId: string, over: (reason: string) => void): OpenRoom => {
  const room = chat.room(roomId);
  const timeline = signal(emptyTimeline);
  const status = signal<'entering' | 'live' | 'away'>(room.isLive() ? 'live' : 'entering');
  const typists = signal<readonly string[]>([]);
  const members = signal<readonly Member[]>([]);
  const unsent = signal<readonly Unsent[]>(chat.pending(roomId));
  const unread = signal(0);
  const hasOlder = signal(false);
  const deliveries = signal<readonly Delivery[]>([]);
  let cursor: string | undefined;
  let isShown = false;
  let isLoaded = false;
  let membersTimer: ReturnType<typeof setTimeout> | undefined;

  const loadPage = async (): Promise<void> => {
    const page = await room.history({ limit: 50, ...(cursor === undefined ? {} : { cursor }) });
    timeline.value = withHistory(timeline.value, page.messages);
    cursor = page.nextCursor ?? undefined;
    hasOlder.value = page.hasMore;
  };
  const loadMembers = async (): Promise<void> => {
    const answer = await chat.rest.rooms.get({ params: { id: roomId } });
    members.value = answer.room.members;
  };
  const load = async (): Promise<void> => {
    isLoaded = true;
    cursor = undefined;
    try {
      await Promise.all([loadPage(), loadMembers()]);
    } catch (error) {
      isLoaded = false;
      throw error;
    }
  };
  const loadAgain = (): void => {
    isLoaded = false;
    if (isShown) load().catch(() => undefined); // shown again it tries again; what is live comes all the same
  };
  /** Several changes in a row are looked up once. */
  const membersChanged = (): void => {
    if (!isShown) return;
    clearTimeout(membersTimer);
    membersTimer = setTimeout(() => void loadMembers().catch(() => undefined), membersAgainMs); // the next change tries again
  };
  const settle = (tempId: string | undefined): void => {
    unsent.value = unsent.value.filter((one) => one.tempId !== tempId);
  };

  const onEvent = (event: RoomEvent): void => {
    if ('position' in event) {
      const delivery = { position: event.position, framedAtMs: event.timestamp, receivedAtMs: Date.now() };
      deliveries.value = [...deliveries.value, delivery].slice(-maxDeliveries);
    }
    switch (event.type) {
      case 'entered':
      case 'reset':
        status.value = 'live';
        timeline.value = emptyTimeline;
        return loadAgain();
      case 'resumed':
        status.value = 'live';
        return membersChanged();
      case 'away':
        status.value = 'away';
        return;
      case 'over':
        return over(event.reason);
      case 'message':
        timeline.value = withMessage(timeline.value, event.message);
        settle(event.tempId);
        if (!isShown || document.hidden) unread.value++;
        if (event.message.type === 'SYSTEM') membersChanged();
        return;
      case 'edited':
        timeline.value = withEdit(timeline.value, event.message);
        return;
      case 'deleted':
        timeline.value = withoutMessage(timeline.value, event.messageId);
        return;
      case 'typing':
        typists.value = [...room.typists.values()];
        return;
      case 'removed':
      case 'joined':
      case 'left':
        return membersChanged();
    }
  };
  const types = [
    'entered',
    'away',
    'resumed',
    'reset',
    'over',
    'message',
    'edited',
    'deleted',
    'removed',
    'joined',
    'left',
    'typing',
  ] as const;
  for (const type of types) room.on(type, onEvent);

  return {
    room,
    timeline,
    status,
    typists,
    members,
    unsent,
    unread,
    hasOlder,
    deliveries,
    async show() {
      isShown = true;
      unread.value = 0;
      if (!isLoaded && status.value === 'live') await load();
    },
    hide: () => {
      isShown = false;
    },
    loadOlder: loadPage,
    loadMembers,
    send(text, attachments) {
      const content = text || attachments.map(({ fileName }) => fileName).join(', ');
      const tempId = newTempId();
      unsent.value = [...unsent.value, { tempId, content }];
      room.send(text, { tempId, attachments }).then(
        () => settle(tempId),
        (error: unknown) => {
          const failure = error instanceof SendRefused ? error.message : 'not sent';
          unsent.value = unsent.value.map((one) => (one.tempId === tempId ? { ...one, failure } : one));
        },
      );
    },
    forget: settle,
  };
};
