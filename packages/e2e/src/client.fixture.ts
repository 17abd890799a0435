import { type Chat, type ChatOptions, createChat, type Room, type RoomEvent, type User } from '@kuraxx/client';
import { eventually } from '@kuraxx/testing';
import { password, uniqueName } from './person.fixture.ts';
import type { System } from './system.fixture.ts';

/** Somebody with a client of their own. */
export type Chatter = { readonly chat: Chat; readonly user: User; readonly email: string };

/** Reconnects soon: tests don't wait for what spreads thousands of clients. */
export const hasty = { reconnect: { baseMs: 100, maxMs: 500 }, retry: { baseMs: 50, maxMs: 500 } };

/** A client of the system with somebody new, who is signed in. */
export const createChatter = async (
  system: Pick<System, 'apiUrl' | 'wsUrl'>,
  stem: string,
  options: ChatOptions = {},
): Promise<Chatter> => {
  const chat = createChat({ apiUrl: system.apiUrl, wsUrl: system.wsUrl, rules: hasty, ...options });
  const username = uniqueName(stem);
  const email = `${username}@example.com`;
  return { chat, user: await chat.signUp({ email, username, password }), email };
};

export type Watched = {
  readonly room: Room;
  readonly events: readonly RoomEvent[];
  /** Contents of the messages that came as events, SYSTEM ones left out. */
  contents(): string[];
  /** The first event of a type, also one that has come already. */
  next<T extends RoomEvent['type']>(type: T, timeoutMs?: number): Promise<Extract<RoomEvent, { type: T }>>;
};

/** Opens a room and keeps everything that comes from it. Resolves once it is entered. */
export const watch = async (chat: Chat, roomId: string, options: { since?: string } = {}): Promise<Watched> => {
  const room = chat.room(roomId, options);
  const events: RoomEvent[] = [];
  const iterator = room.events();
  void (async () => {
    for await (const event of iterator) events.push(event);
  })();
  const next: Watched['next'] = (type, timeoutMs = 15_000) =>
    eventually(
      () => {
        type Wanted = Extract<RoomEvent, { type: typeof type }>;
        const found = events.find((event): event is Wanted => event.type === type);
        if (found === undefined) throw new Error(`no ${type}; came: ${JSON.stringify(events.slice(-5))}`);
        return found;
      },
      { timeoutMs },
    );
  if (options.since === undefined) await next('entered');
  const contents = (): string[] =>
    events.flatMap((event) =>
      event.type === 'message' && event.message.type !== 'SYSTEM' ? [event.message.content] : [],
    );
  return { room, events, contents, next };
};

/** A room of `owner` that the others have joined. */
export const openTo = async (owner: Chatter, ...others: Chatter[]): Promise<string> => {
  const { room } = await owner.chat.rest.rooms.create({ body: { name: 'Crew' } });
  for (const { chat } of others) await chat.rest.rooms.join({ params: { id: room.id } });
  return room.id;
};
