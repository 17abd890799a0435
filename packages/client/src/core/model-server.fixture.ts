import type { Message, ServerFrame } from '@kuraxx/contracts';
import type { Outgoing } from './io.ts';

export const userId = '7d0c8f6e-2b1a-4c3d-9e5f-0a1b2c3d4e5f';
export const somebody = '8d0c8f6e-2b1a-4c3d-9e5f-0a1b2c3d4e5f';

const at = '2031-02-03T04:05:06.789Z';

/** A whole message; only what the core looks at differs. */
const messageOf = (id: string, roomId: string, senderId: string, content: string): Message => ({
  id,
  content,
  type: 'TEXT',
  status: 'SENT',
  roomId,
  senderId,
  replyToId: null,
  editedAt: null,
  deletedAt: null,
  createdAt: at,
  updatedAt: at,
  sender: { id: senderId, username: 'mira', displayName: 'Mira', avatarUrl: null, isOnline: true, lastSeenAt: null },
  attachments: [],
  replyTo: null,
});

type Saved = Extract<ServerFrame, { type: 'message:saved' }>;

/** What can go wrong with one live frame on its way to one client. */
export type Fault = 'none' | 'lost' | 'doubled' | 'swapped';
/** What can go wrong with one send: it may have been stored when it is refused. */
export type SendFault = 'none' | 'refused' | 'stored-but-refused';

/** A gateway with a log, as far as one client can tell. Correct, but for the faults that it is told to commit. */
export const createModelServer = () => {
  const logs = new Map<string, Saved[]>();
  const joined = new Set<string>();
  let sequence = 0;
  /** Frames on their way to the client, undefined without a connection. */
  let outbound: ServerFrame[] | undefined;

  const push = (frame: ServerFrame): void => void outbound?.push(frame);
  const logOf = (roomId: string): Saved[] => logs.get(roomId) ?? [];
  const headOf = (roomId: string): string => logOf(roomId).at(-1)?.position ?? `k1.0.${sequence}`;

  const append = (roomId: string, senderId: string, content: string, fault: Fault, tempId?: string): void => {
    const position = `k1.0.${++sequence}`;
    const frame: Saved = {
      type: 'message:saved',
      payload: {
        message: messageOf(`m${sequence}`, roomId, senderId, content),
        ...(tempId === undefined ? {} : { tempId }),
      },
      timestamp: sequence,
      position,
      prev: logOf(roomId).at(-1)?.position ?? null,
      roomId,
    };
    logs.set(roomId, [...logOf(roomId), frame]);
    if (!joined.has(roomId) || outbound === undefined || fault === 'lost') return;
    const before = outbound.at(-1);
    if (fault === 'swapped' && before?.type === 'message:saved' && before.requestId === undefined) {
      outbound.splice(-1, 1, frame, before);
      return;
    }
    push(frame);
    if (fault === 'doubled') push(frame);
  };

  const enter = (roomId: string, since: string | null | undefined, requestId?: string): void => {
    const log = logOf(roomId);
    const from = log.findIndex(({ position }) => position === since);
    if (typeof since === 'string' && (from !== -1 || since.startsWith('k1.'))) {
      const missed =
        from === -1 ? log.filter(({ timestamp }) => timestamp > Number(since.split('.')[2])) : log.slice(from + 1);
      for (const frame of missed) push(frame);
    }
    joined.add(roomId);
    const answer = { roomId, success: true as const, position: headOf(roomId) };
    push({ type: 'room:join', payload: answer, timestamp: 0, ...(requestId === undefined ? {} : { requestId }) });
  };

  const send = (frame: Extract<Outgoing, { type: 'message:new' }>, fault: SendFault): void => {
    const { roomId, tempId, content } = frame.payload;
    const requestId = frame.requestId ?? '';
    const refuse = (): void =>
      push({ type: 'error', payload: { code: 'SERVICE_UNAVAILABLE', message: '' }, timestamp: 0, requestId });
    const first = logOf(roomId).find(({ payload }) => payload.tempId === tempId);
    if (fault === 'refused') return refuse();
    if (first !== undefined) return push({ ...first, prev: null, requestId });
    append(roomId, userId, content, 'none', tempId);
    if (fault === 'stored-but-refused') refuse();
  };

  return {
    logOf,
    append,
    connect: (): void => void (outbound = []),
    cut(): void {
      outbound = undefined;
      joined.clear();
    },
    /** Handles one frame of the client. */
    receive(frame: Outgoing, fault: SendFault): void {
      const { requestId = '' } = frame;
      switch (frame.type) {
        case 'authenticate':
          return push({ type: 'authenticated', payload: { userId, username: 'mira' }, timestamp: 0, requestId });
        case 'room:join':
          return enter(frame.payload.roomId, frame.payload.since, requestId);
        case 'resume': {
          const rooms = Object.entries(frame.payload.rooms);
          for (const [roomId, since] of rooms) enter(roomId, since);
          const payload = { joined: rooms.map(([roomId]) => roomId), refused: {} };
          return push({ type: 'resumed', payload, timestamp: 0, requestId });
        }
        case 'room:leave':
          return void joined.delete(frame.payload.roomId);
        case 'message:new':
          return send(frame, fault);
        case 'typing:start':
        case 'typing:stop':
          return;
      }
    },
    /** The next frame on its way to the client. */
    take: (): ServerFrame | undefined => outbound?.shift(),
  };
};
