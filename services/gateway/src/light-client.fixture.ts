import { eventually } from '@kuraxx/testing';
import { WebSocket } from 'ws';
import { z } from 'zod';

const frame = z.object({
  type: z.string(),
  requestId: z.string().optional(),
  payload: z.looseObject({ code: z.string().optional(), roomId: z.string().optional() }),
});

/** The end of a positioned frame. */
const place = /"position":"([^"]+)","prev":("[^"]+"|null),"roomId":"([^"]+)"\}$/;

export type LightFrame = z.infer<typeof frame>;

/** What a room's positioned frames have shown on one socket. */
export type Seen = {
  readonly positions: string[];
  /** Frames whose `prev` was not the position of the frame before. */
  readonly holes: string[];
};

/** A client that keeps only where frames stand: thousands a second, on hundreds of sockets, are not held to the contract one by one. */
export type LightClient = {
  /** By room. What is there before the first frame counts as seen last. */
  readonly rooms: Map<string, Seen>;
  readonly frames: LightFrame[];
  seen(roomId: string): Seen;
  closeCode(): number | undefined;
  ask(type: string, payload: unknown, timeoutMs?: number): Promise<LightFrame>;
  send(type: string, payload: unknown): void;
  readonly socket: WebSocket;
};

export const sequenceOf = (position: string | undefined): number => Number(position?.split('.')[2] ?? Number.NaN);

/** @param lasts by room, where the client was before */
export const openLightClient = async (
  url: string,
  token: string,
  lasts: ReadonlyMap<string, string> = new Map(),
): Promise<LightClient> => {
  const socket = new WebSocket(url);
  const rooms = new Map<string, Seen>();
  const last = new Map(lasts);
  const frames: LightFrame[] = [];
  let closeCode: number | undefined;
  let asked = 0;
  const seen = (roomId: string): Seen => {
    const known = rooms.get(roomId) ?? { positions: [], holes: [] };
    rooms.set(roomId, known);
    return known;
  };
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    const [, position, prev, roomId] = place.exec(text) ?? [];
    if (roomId === undefined || position === undefined) return void frames.push(frame.parse(JSON.parse(text)));
    const { positions, holes } = seen(roomId);
    const before = last.get(roomId);
    if (before !== undefined && prev !== `"${before}"`) holes.push(text);
    positions.push(position);
    last.set(roomId, position);
  });
  socket.on('close', (code) => {
    closeCode = code;
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('error', () => socket.terminate());
  const send = (type: string, payload: unknown, requestId?: string): void =>
    socket.send(JSON.stringify({ type, payload, requestId }));
  const ask = async (type: string, payload: unknown, timeoutMs = 20_000): Promise<LightFrame> => {
    const requestId = `${++asked}`;
    send(type, payload, requestId);
    return eventually(
      () => {
        const found = frames.find((one) => one.requestId === requestId);
        if (found === undefined) throw new Error(`no answer to ${type}`);
        return found;
      },
      { intervalMs: 2, timeoutMs },
    );
  };
  await ask('authenticate', { token }, 15_000);
  return { rooms, frames, seen, closeCode: () => closeCode, ask, send, socket };
};
