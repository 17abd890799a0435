import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { closeCodes } from '@kuraxx/contracts';
import { encodeFrame } from './server-frame.ts';
import type { Session } from './session.ts';
import type { Sockets } from './sockets.ts';
import { isSoon } from './within.ts';

/** Of the whole time, the part over which clients are asked to go, and how long each has for it; the rest is for what is at work then. */
const spreadShare = 0.6;
const goingShare = 0.2;
/** What was stored is on its way back to its sender by the room's feed. */
const feedMs = 2_000;

/** What was sent on the socket is carried out, and its sender hears of it; a room that is being replayed is resumed elsewhere. */
const finish = async (session: Session, sockets: Sockets): Promise<void> => {
  session.entering.clear();
  await sockets.finish(session);
  const hasHeard = (): boolean => session.rooms.values().every(({ channel, lastSent }) => channel.seen() >= lastSent);
  await isSoon(() => session.closed || hasHeard(), feedMs);
  for (const { channel } of session.rooms.values()) channel.audience.flush();
  // What a topic has published goes out at the end of this turn of the event loop.
  await turn();
};

/**
 * Empties the gateway: each client is told to come back elsewhere after a time of its own, so that they don't all come at once, and its socket
 * is closed with 1012 a little later, after what it has sent is done. Resolves when all sockets are closed, and after `timeoutMs` closes
 * those that are left.
 *
 * @param random from 0 to 1
 */
export const drain = async (sockets: Sockets, timeoutMs: number, random: () => number = Math.random): Promise<void> => {
  const late = delay(timeoutMs, undefined, { ref: false });
  const goodbye = async (session: Session): Promise<void> => {
    const afterMs = session.identity === undefined ? 0 : Math.round(random() * spreadShare * timeoutMs);
    if (session.identity !== undefined) {
      session.send(encodeFrame('reconnect', { afterMs }));
      await Promise.race([
        delay(afterMs + goingShare * timeoutMs, undefined, { ref: false }),
        session.whenClosed(),
        late,
      ]);
    }
    if (!session.closed) await Promise.race([finish(session, sockets), session.whenClosed(), late]);
    session.end(closeCodes.restarting, 'restarting');
  };
  await Promise.all([...sockets.sessions].map(goodbye));
};
