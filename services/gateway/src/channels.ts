import { type ChannelDependencies, openRoomChannel, type RoomChannel } from './room-channel.ts';

/** A share in a room's channel. */
export type ChannelShare = {
  /** @throws {Unavailable} when the room can't be followed now; the share is still to be released */
  readonly ready: Promise<RoomChannel>;
  /** The last share's release stops the feed. A second call does nothing. */
  release(): void;
};

/** The rooms that this process follows: one feed per room, as long as somebody holds a share. */
export type Channels = {
  acquire(roomId: string): ChannelShare;
  /** Followed rooms that the user is a member of. */
  roomsOf(userId: string): readonly string[];
  /** How many rooms are followed. */
  count(): number;
  close(): void;
};

type Entry = {
  readonly roomId: string;
  readonly ready: Promise<RoomChannel>;
  shares: number;
  channel: RoomChannel | undefined;
};

/** A class, not closures: each socket keeps one for each of its rooms. */
class Share implements ChannelShare {
  readonly #entry: Entry;
  readonly #letGo: (entry: Entry) => void;
  #isReleased = false;

  constructor(entry: Entry, letGo: (entry: Entry) => void) {
    this.#entry = entry;
    this.#letGo = letGo;
  }

  get ready(): Promise<RoomChannel> {
    return this.#entry.ready;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#letGo(this.#entry);
  }
}

export const createChannels = (needs: ChannelDependencies): Channels => {
  const entries = new Map<string, Entry>();

  const forget = (entry: Entry): void => {
    if (entries.get(entry.roomId) === entry) entries.delete(entry.roomId);
  };
  const stop = (entry: Entry): void => {
    entry.ready.then(
      (channel) => channel.stop(),
      () => undefined, // never opened: its holder has been told
    );
  };
  const open = (roomId: string): Entry => {
    const entry: Entry = { roomId, ready: openRoomChannel(roomId, needs), shares: 0, channel: undefined };
    entries.set(roomId, entry);
    entry.ready.then(
      (channel) => {
        entry.channel = channel;
      },
      () => forget(entry), // the next one to come tries anew
    );
    return entry;
  };

  const letGo = (entry: Entry): void => {
    entry.shares -= 1;
    if (entry.shares > 0) return;
    forget(entry);
    stop(entry);
  };

  return {
    acquire(roomId) {
      const entry = entries.get(roomId) ?? open(roomId);
      entry.shares += 1;
      return new Share(entry, letGo);
    },
    roomsOf: (userId) =>
      [...entries].flatMap(([roomId, { channel }]) => (channel?.isMember(userId) === true ? [roomId] : [])),
    count: () => entries.size,
    close() {
      for (const entry of entries.values()) stop(entry);
      entries.clear();
    },
  };
};
