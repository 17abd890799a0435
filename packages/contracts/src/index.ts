export * from './errors.ts';
export * from './frames.ts';
export * from './objects.ts';
export * from './redis-payloads.ts';
export { isOpenToAll, type PageMeta, pageMeta } from './rest/envelope.ts';
export { apiContract } from './rest/index.ts';
export { maxRoomMembers } from './rest/rooms.ts';
export { type Stats, stats } from './rest/stats.ts';
export { maxMessageLength, password, positionText, tempId, text } from './text.ts';
