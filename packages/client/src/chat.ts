import type { Message, subprotocols } from '@kuraxx/contracts';
import { adoptingTokens } from './adopt-tokens.ts';
import { createCore } from './core/core.ts';
import type { Connection, CoreEvent } from './core/events.ts';
import type { Send } from './core/outbox.ts';
import { defaultRules, type Rules } from './core/rules.ts';
import { SendRefused, SignedOut } from './errors.ts';
import type { FrameCodec } from './frame-codec.ts';
import { createListeners, type Listeners } from './listeners.ts';
import type { OutboxStore } from './outbox-store.ts';
import { type AccessToken, type CallOptions, createRest, type Rest } from './rest.ts';
import { type OpenRoom, openRoom, type Room } from './room.ts';
import { createRunner, type SocketMaker } from './runner.ts';
import { createSessions, type Session, type SessionStore } from './session.ts';
import { memorySession } from './session-stores.ts';
import { type Uploaded, uploadFile } from './upload.ts';

export type ChatOptions = {
  /** Default http://localhost:3001 */
  readonly apiUrl?: string;
  /** Default ws://localhost:3002 */
  readonly wsUrl?: string;
  /** Default: in memory. */
  readonly session?: SessionStore;
  /** Default: in memory. */
  readonly outbox?: OutboxStore;
  /** Default: the global ones. Node has a global WebSocket from 22 on; for 20 hand over the one of the package `ws`. */
  readonly fetch?: typeof fetch;
  readonly WebSocket?: SocketMaker;
  /** Default: JSON. `msgpack` of `@kuraxx/client/msgpack` takes fewer bytes. */
  readonly frames?: FrameCodec;
  readonly rules?: Partial<Rules>;
};

/** What happens outside rooms. `user`: somebody has signed in or out, here or in another tab. */
export type ChatEvent =
  | Exclude<CoreEvent, { type: 'room' }>
  | { readonly type: 'user'; readonly user: User | undefined };

export type User = { readonly id: string; readonly username: string };

/** A chat client: one user, one connection, any number of rooms. */
export type Chat = {
  readonly rest: Rest;
  readonly on: Listeners<ChatEvent>['on'];
  /** Who is signed in. */
  user(): User | undefined;
  connection(): Connection;
  /** Creates an account, signs in and connects. @throws {ApiError} @throws {Unreachable} */
  signUp(account: SignUp): Promise<User>;
  /** Signs in and connects; of who was signed in before nothing goes on. @throws {ApiError} @throws {Unreachable} */
  signIn(credentials: Credentials): Promise<User>;
  /** Takes up the kept session, with what was not sent yet, and connects. @returns undefined when there is none */
  resume(): Promise<User | undefined>;
  /** Ends the session, here even when the server can't be reached. What was not sent yet is forgotten. */
  signOut(): Promise<void>;
  /** Opens a room: its events come once it is entered. The same room again is the same object, until it is over. */
  room(roomId: string, options?: { readonly since?: string }): Room;
  /** Uploads a file, for `room.send('', { attachments: [uploaded] })`. Default time-out ten minutes. @throws as `Rest` */
  upload(file: File, options?: CallOptions): Promise<Uploaded>;
  /** Sends that wait for their acknowledgement, in order. */
  pending(roomId?: string): readonly Send[];
  /** Whether somebody is online: as was told since we are connected, else as REST said. */
  isOnline(user: { readonly id: string; readonly isOnline: boolean }): boolean;
  /** Connects again, after `over`. Signing in connects by itself. */
  connect(): void;
  /** Closes everything, the rooms too; the session is kept, and what was not sent where there is an outbox. */
  close(): void;
};

type Credentials = NonNullable<Parameters<Rest['auth']['login']>[0]>['body'];
type SignUp = NonNullable<Parameters<Rest['auth']['register']>[0]>['body'];
type Waiting = {
  readonly sent: Promise<Message>;
  readonly resolve: (message: Message) => void;
  readonly reject: (error: Error) => void;
};

const userOf = (session: Session | undefined): User | undefined =>
  session === undefined ? undefined : { id: session.userId, username: session.username };

const json: (typeof subprotocols)['json'] = 'kuraxx.v1+json';

/** A chat client that does nothing until somebody signs in. @throws {TypeError} for a URL that is none */
export const createChat = (options: ChatOptions = {}): Chat => {
  const apiUrl = new URL(options.apiUrl ?? 'http://localhost:3001').href.replace(/\/$/, '');
  const wsUrl = new URL(options.wsUrl ?? 'ws://localhost:3002').href;
  const send = options.fetch ?? ((...request) => fetch(...request));
  const { outbox, frames } = options;
  // A server that doesn't know the first one still knows the second
  const protocols = frames === undefined ? [] : [frames.protocol, json];
  const { on, emit, end } = createListeners<ChatEvent>();
  const core = createCore({ ...defaultRules, ...options.rules });
  const rooms = new Map<string, OpenRoom>();
  const waiting = new Map<string, Waiting>();
  const pending = new Map<string, Send>();
  const online = new Map<string, boolean>();
  let connection: Connection = { phase: 'idle' };
  let lastToken: string | undefined;
  /** Those that were asked for here. */
  let signOuts = 0;

  const accessToken: AccessToken = (stale) => sessions.accessToken(stale);
  const rest = adoptingTokens(createRest(apiUrl, send, accessToken), () => {
    const user = userOf(sessions.current());
    const signOutsBefore = signOuts;
    return async (tokens) => {
      const now = sessions.current();
      const isOther = now !== undefined && now.userId !== user?.id;
      if (user === undefined || isOther || signOuts !== signOutsBefore) return;
      await sessions.begin(user, tokens);
      // The old session's end was heard before this answer came, and it was taken for the user's
      if (now === undefined) await takeUp();
    };
  });
  const sessions = createSessions(
    options.session ?? memorySession(),
    (refreshToken) => rest.auth.refresh({ body: { refreshToken } }),
    (session, before) => {
      if (before !== undefined) forget(false); // nothing of theirs goes on, whoever comes next
      emit({ type: 'user', user: userOf(session) });
      if (before !== undefined && session !== undefined) takeUp().catch(reportOutbox);
    },
  );

  const reportOutbox = (error: unknown): void =>
    emit({ type: 'problem', code: 'HANDLER_ERROR', message: `outbox: ${String(error)}` });

  /** A store that fails must not stop a chat: the send still waits in memory. */
  const stored = (work: Promise<void> | undefined): void => {
    work?.catch(reportOutbox);
  };

  const tell = (event: CoreEvent): void => {
    if (event.type === 'room') {
      const open = rooms.get(event.roomId);
      if (event.event.type === 'over') rooms.delete(event.roomId);
      return open?.tell(event.event);
    }
    if (event.type === 'connection') {
      connection = event.connection;
      if (connection.phase === 'online') online.clear(); // what changed while we were away was told to nobody here
      if (connection.phase === 'over' && connection.reason === 'signed-out') void sessions.end();
    }
    if (event.type === 'presence') online.set(event.userId, event.isOnline);
    if (event.type === 'stored') waiting.get(event.send.tempId)?.resolve(event.message);
    if (event.type === 'refused')
      waiting.get(event.send.tempId)?.reject(new SendRefused(event.send, event.code, event.message));
    if (event.type === 'stored' || event.type === 'refused') waiting.delete(event.send.tempId);
    emit(event);
  };

  const runner = createRunner({
    core,
    open: () => new (options.WebSocket ?? WebSocket)(wsUrl, protocols),
    frames,
    async token(renew) {
      try {
        lastToken = await sessions.accessToken(renew ? lastToken : undefined);
        return lastToken;
      } catch (error) {
        if (error instanceof SignedOut) return undefined;
        throw error;
      }
    },
    tell,
    keep(send) {
      pending.set(send.tempId, send);
      stored(outbox?.put(send));
    },
    drop(tempId) {
      pending.delete(tempId);
      stored(outbox?.remove(tempId));
    },
  });
  const { input } = runner;

  /** @param forDiscard what was not sent is dropped, also where it is kept */
  const forget = (forDiscard: boolean): void => {
    input({ type: 'sign-out', forget: forDiscard });
    pending.clear();
    for (const { reject } of waiting.values()) reject(new SignedOut());
    waiting.clear();
  };

  /** Sends what an earlier life of the application has left, and connects. */
  const takeUp = async (): Promise<void> => {
    const { userId } = sessions.current() ?? {};
    for (const send of (await outbox?.read()) ?? []) if (send.senderId === userId) input({ type: 'send', send });
    input({ type: 'connect' });
  };

  const begin = async (user: User, tokens: Parameters<typeof sessions.begin>[1]): Promise<User> => {
    const before = sessions.current();
    await sessions.begin(user, tokens);
    // Who follows somebody else was taken up with the change of the session
    if (before === undefined || before.userId === user.id) await takeUp();
    return { id: user.id, username: user.username };
  };

  const sendMessage = (unsigned: Omit<Send, 'senderId'>): Promise<Message> => {
    const user = sessions.current();
    if (user === undefined) return Promise.reject(new SignedOut());
    const { tempId } = unsigned;
    const known = waiting.get(tempId);
    if (known !== undefined) return known.sent; // the same name is the same message
    let [resolve, reject]: [Waiting['resolve'], Waiting['reject']] = [() => {}, () => {}];
    const sent = new Promise<Message>((...settle) => ([resolve, reject] = settle));
    waiting.set(tempId, { sent, resolve, reject });
    input({ type: 'send', send: { ...unsigned, senderId: user.userId } });
    return sent;
  };

  /** Browsers tell when it is worth trying at once. */
  const hurry = (): void => input({ type: 'hurry' });
  globalThis.addEventListener?.('online', hurry);

  return {
    rest,
    on,
    user: () => userOf(sessions.current()),
    connection: () => connection,
    async signUp(account) {
      const { user, ...tokens } = await rest.auth.register({ body: account });
      return begin(user, tokens);
    },
    async signIn(credentials) {
      const { user, ...tokens } = await rest.auth.login({ body: credentials });
      return begin(user, tokens);
    },
    async resume() {
      if (!(await sessions.restore())) return undefined;
      await takeUp();
      return userOf(sessions.current());
    },
    async signOut() {
      signOuts += 1;
      const goodbye = rest.auth.logout(undefined, { timeoutMs: 5_000 });
      await goodbye.catch(() => undefined); // signed out here all the same; there the session ends by its age
      forget(true);
      await sessions.end();
    },
    room(roomId, { since } = {}) {
      const known = rooms.get(roomId);
      if (known !== undefined) return known.room;
      const open: OpenRoom = openRoom(roomId, {
        rest,
        input,
        isLive: () => core.isLive(roomId),
        send: sendMessage,
        closed() {
          if (rooms.get(roomId) !== open) return; // over already
          rooms.delete(roomId);
          input({ type: 'leave', roomId });
        },
      });
      rooms.set(roomId, open);
      input({ type: 'enter', roomId, since });
      return open.room;
    },
    upload: (file, upload) => uploadFile(rest, file, upload),
    pending: (roomId) => [...pending.values()].filter((one) => roomId === undefined || one.roomId === roomId),
    isOnline: ({ id, isOnline }) => online.get(id) ?? isOnline,
    connect: () => input({ type: 'connect' }),
    close() {
      globalThis.removeEventListener?.('online', hurry);
      input({ type: 'disconnect' });
      runner.stop();
      for (const open of rooms.values()) open.tell({ type: 'over', reason: 'closed' });
      rooms.clear();
      sessions.close();
      end();
    },
  };
};
