export type { Caller, SignedIn, Tokens } from './accounts/accounts.ts';
export { emailKey, usernameKey } from './accounts/names.ts';
export { type Commands, type CommandsOptions, createCommands } from './create-commands.ts';
export type { FileKey, Files } from './files/files.ts';
export { openStores, type Stores } from './kv/buckets.ts';
export type { FindMessages, FoundMessage } from './messages/lookup.ts';
export type { ReadyToSend, SendInput, Sent } from './messages/messages.ts';
export type { RoomInput, RoomWritten } from './rooms/rooms.ts';
export { openSnapshotStore } from './snapshots/open.ts';
