export {
  type Account,
  type AccountCommand,
  decideAccount,
  evolveAccount,
  initialAccount,
  type RegisteredAccount,
} from './account/account.ts';
export * from './events/index.ts';
export { decideDelete, decideEdit, decideSend, type NewMessage, newMessage, plainFields } from './message/decide.ts';
export * from './policy/index.ts';
export { Refusal, type RefusalCode } from './refusal.ts';
export { decideRoom, type RoomCommand } from './room/decide.ts';
export {
  evolveRoom,
  initialRoom,
  type Membership,
  maxMembers,
  type OpenRoom,
  type Room,
  requireOpenRoom,
} from './room/room.ts';
