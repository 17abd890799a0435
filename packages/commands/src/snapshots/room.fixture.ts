import type { ChatEvent } from '@kuraxx/domain';
import type { Subject } from '@kuraxx/event-store';

export const at = '2031-02-03T04:05:06.789Z';
export const roomId = '11111111-1111-4111-8111-111111111111';
export const subject: Subject = { kind: 'room', roomId, aspect: 'meta' };

/** Ann's room. */
export const created: ChatEvent = {
  type: 'RoomCreated',
  data: {
    roomId,
    name: 'Crew',
    description: null,
    type: 'PUBLIC',
    topics: ['sail'],
    hasPasscode: false,
    createdById: 'ann',
    at,
    members: [{ membershipId: 'ms-ann', userId: 'ann', role: 'OWNER' }],
  },
};
