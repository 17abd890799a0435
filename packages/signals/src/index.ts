export { announcePresence, type PresenceAnnouncement } from './announce-presence.ts';
export type { Person } from './presence-messages.ts';
export { followRoomSignals, publishRoomSignal, type RoomSignal } from './room-signals.ts';
export { answerSettling, askToSettle, type SettleAnswer } from './settle-upload.ts';
export { followSignedOut, publishSignedOut, type SignedOut } from './signed-out.ts';
export { type PresenceListener, type PresenceWatch, watchPresence } from './watch-presence.ts';
