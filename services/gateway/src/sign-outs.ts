import { closeCodes } from '@kuraxx/contracts';
import { Refusal } from '@kuraxx/domain';
import { Unavailable } from '@kuraxx/event-store';
import type { SignedOut } from '@kuraxx/signals';
import type { Logger } from 'pino';
import type { Session } from './session.ts';

export type SignIn = { readonly userId: string; readonly sessionId: string };

/** Ends the sockets of sessions that were signed out, wherever that was. */
export type SignOuts = {
  /** Closes the sockets that it is about, and turns those away that are on their way in. */
  heard(what: SignedOut): void;
  /**
   * Lets in who is signed in. A sign-out that passes meanwhile counts as well: who continues in the same turn as this
   * resolves misses none.
   *
   * @throws {Refusal} AUTH_TOKEN_INVALID @throws {Unavailable}
   */
  admit(signIn: SignIn): Promise<void>;
  /** Some sign-outs may have been missed: asks of every socket whether its session goes on. Never rejects. */
  checkAll(): Promise<void>;
  close(): void;
};

type Needs = {
  /** As of the call. @throws {Unavailable} */
  readonly isSignedIn: (signIn: SignIn) => Promise<boolean>;
  readonly socketsOf: (userId: string) => readonly Session[];
  readonly sockets: () => Iterable<Session>;
  readonly logger: Logger;
};

/** So many sessions are asked for side by side. */
const checksAtOnce = 50;
const retryMs = 1000;

const end = (session: Session): void => session.end(closeCodes.signedOut, 'signed out');

export const createSignOuts = ({ isSignedIn, socketsOf, sockets, logger }: Needs): SignOuts => {
  type Entering = { readonly signIn: SignIn; isOut: boolean };
  const entering = new Set<Entering>();
  /** Later rounds make earlier ones stop. */
  let round = 0;
  let retry: NodeJS.Timeout | undefined;

  const isMeant = ({ userId, sessionIds }: SignedOut, signIn: SignIn | undefined): boolean =>
    signIn?.userId === userId && (sessionIds === undefined || sessionIds.includes(signIn.sessionId));

  const check = async (group: readonly Session[]): Promise<void> => {
    const [identity] = group.flatMap((session) => session.identity ?? []);
    if (identity === undefined || (await isSignedIn(identity))) return;
    for (const session of group) if (session.identity?.sessionId === identity.sessionId) end(session);
  };

  const checkAll = async (): Promise<void> => {
    round += 1;
    const mine = round;
    clearTimeout(retry);
    const bySession = new Map<string, Session[]>();
    for (const session of sockets()) {
      if (session.identity === undefined) continue;
      const { sessionId } = session.identity;
      bySession.set(sessionId, [...(bySession.get(sessionId) ?? []), session]);
    }
    const groups = bySession.values(); // one iterator: each is taken once
    const work = async (): Promise<void> => {
      for (const group of groups) {
        if (mine !== round) return;
        await check(group);
      }
    };
    try {
      await Promise.all(Array.from({ length: checksAtOnce }, work));
    } catch (error) {
      if (!(error instanceof Unavailable)) logger.error({ err: error }, 'sessions could not be checked');
      if (mine === round) retry = setTimeout(() => void checkAll(), retryMs);
    }
  };

  return {
    heard(what) {
      for (const session of socketsOf(what.userId)) if (isMeant(what, session.identity)) end(session);
      for (const one of entering) if (isMeant(what, one.signIn)) one.isOut = true;
    },
    async admit(signIn) {
      const one: Entering = { signIn, isOut: false };
      entering.add(one);
      try {
        const goesOn = await isSignedIn(signIn);
        if (!goesOn || one.isOut) throw new Refusal('AUTH_TOKEN_INVALID', 'Signed out');
      } finally {
        entering.delete(one);
      }
    },
    checkAll,
    close() {
      round += 1;
      clearTimeout(retry);
    },
  };
};
