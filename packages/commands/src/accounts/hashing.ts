import { createHash } from 'node:crypto';
import { Unavailable } from '@kuraxx/event-store';
import bcrypt from 'bcrypt';

/** bcrypt runs on libuv's four threads, which file access and DNS need too. */
const maxRunning = 2;
/** At 12 rounds some 60 s of work; more waiting would only time out. */
const maxWaiting = 400;

/** What is longer bcrypt cuts off. */
const maxBytes = 72;
/** Before the hash of a digest. Without it a long secret counts by its first 72 bytes, as in hashes that come from the old system. */
const ofDigest = 'sha256:';

/** As text, because bcrypt ends at a zero byte. */
const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('base64');

const hashOf = async (secret: string, rounds: number): Promise<string> =>
  Buffer.byteLength(secret) <= maxBytes
    ? bcrypt.hash(secret, rounds)
    : `${ofDigest}${await bcrypt.hash(digestOf(secret), rounds)}`;

const fits = (secret: string, hash: string): Promise<boolean> =>
  hash.startsWith(ofDigest)
    ? bcrypt.compare(digestOf(secret), hash.slice(ofDigest.length))
    : bcrypt.compare(secret, hash);

export type Hashing = {
  /**
   * @param check runs when it is this secret's turn: what it throws spares the work
   * @throws {Unavailable} when too many wait
   */
  hash(secret: string, check?: () => Promise<void>): Promise<string>;
  /** Takes the same time without a hash, so that nobody can tell who exists. @throws {Unavailable} */
  matches(secret: string, hash: string | undefined): Promise<boolean>;
};

/** bcrypt of the whole secret, however long, with a bound on what runs and on what waits. */
export const createHashing = (rounds: number): Hashing => {
  let running = 0;
  const waiting: (() => void)[] = [];
  const dummy = bcrypt.hash('nobody has this password', rounds);

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= maxRunning) {
      if (waiting.length >= maxWaiting) throw new Unavailable('too many passwords are being checked');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next(); // takes over this one's place
    }
  };
  return {
    hash: (secret, check) =>
      inTurn(async () => {
        await check?.();
        return hashOf(secret, rounds);
      }),
    matches: async (secret, hash) => {
      const other = hash ?? (await dummy);
      const isRight = await inTurn(() => fits(secret, other));
      return isRight && hash !== undefined;
    },
  };
};
