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

export const createChannels = (needs: ChannelDependencies): Channels => {
  type Entry = { readonly ready: Promise<RoomChannel>; shares: number; channel: RoomChannel | undefined };
  const entries = new Map<string, Entry>();

  const forget = (roomId: string, entry: Entry): void => {
    if (entries.get(roomId) === entry) entries.delete(roomId);
  };
  const stop = (entry: Entry): void => {
    entry.ready.then(
      (channel) => channel.stop(),
      () => undefined, // never opened: its holder has been told
    );
  };
  const open = (roomId: string): Entry => {
    const entry: Entry = { ready: openRoomChannel(roomId, needs), shares: 0, channel: undefined };
    entries.set(roomId, entry);
    entry.ready.then(
      (channel) => {
        entry.channel = channel;
      },
      () => forget(roomId, entry), // the next one to come tries anew
    );
    return entry;
  };

  return {
    acquire(roomId) {
      const entry = entries.get(roomId) ?? open(roomId);
      entry.shares += 1;
      let released = false;
      return {
        ready: entry.ready,
        release() {
          if (released) return;
          released = true;
          entry.shares -= 1;
          if (entry.shares > 0) return;
          forget(roomId, entry);
          stop(entry);
        },
      };
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
