import type { Person } from '../person.fixture.ts';
import { openSignedIn, openSocket, type Socket } from '../socket.fixture.ts';

/** Waits for the answer to a frame, whether a refusal or not. */
const answer = async (socket: Socket, type: 'room:join' | 'error', requestId: string): Promise<void> => {
  await Promise.race([
    socket.next(type, (frame) => frame.requestId === requestId),
    socket.next('error', (frame) => frame.requestId === requestId),
  ]);
};

/** A socket of the caller that has joined the room if they may; without a caller it has not authenticated. */
export const openInRoom = async (wsUrl: string, person: Person | undefined, roomId: string): Promise<Socket> => {
  if (person === undefined) return openSocket(wsUrl);
  const socket = await openSignedIn(wsUrl, person.token);
  socket.send('room:join', { roomId }, 'join');
  await answer(socket, 'room:join', 'join');
  return socket;
};

/** Resolves when everything sent on this socket before has been handled and answered. */
export const handled = async (socket: Socket): Promise<void> => {
  socket.send('no:such:frame', {}, 'fence');
  await socket.next('error', (frame) => frame.requestId === 'fence');
};
