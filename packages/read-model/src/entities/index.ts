import { Checkpoint, DeletedRoom, Parked } from './bookkeeping.ts';
import { File } from './file.ts';
import { ReadModelRow, ServingRow } from './lasting.ts';
import { Message } from './message.ts';
import { Presence } from './presence.ts';
import { Room, RoomMember } from './room.ts';
import { User } from './user.ts';

export { Checkpoint, DeletedRoom, File, Message, Parked, Presence, ReadModelRow, Room, RoomMember, ServingRow, User };

/** Every table of the read model. */
export const entities = [
  User,
  File,
  Room,
  RoomMember,
  Message,
  DeletedRoom,
  Checkpoint,
  Parked,
  Presence,
  ReadModelRow,
  ServingRow,
];
