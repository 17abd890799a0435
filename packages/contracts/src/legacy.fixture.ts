/** Objects as the old system sent them: what its clients rely on, key for key. */
const userId = '7d0c8f6e-2b1a-4c3d-9e5f-0a1b2c3d4e5f';
const roomId = '11ab22cd-33ef-4a55-8b66-77cc88dd99ee';
const at = '2031-02-03T04:05:06.789Z';

export const legacyUser = {
  id: userId,
  username: 'mira_k',
  displayName: 'Mira',
  avatarUrl: null,
  isOnline: false,
  lastSeenAt: null,
};

export const legacyMember = {
  id: '90fe1234-5678-4abc-8def-0123456789ab',
  userId,
  roomId,
  role: 'OWNER',
  joinedAt: at,
  user: legacyUser,
};

export const legacyRoom = {
  id: roomId,
  name: 'Crew',
  description: null,
  type: 'PUBLIC',
  avatarUrl: null,
  createdById: userId,
  createdAt: at,
  updatedAt: at,
  topics: ['sail'],
  members: [legacyMember],
};

const plainMessage = {
  id: 'c3d4e5f6-0718-4293-a4b5-c6d7e8f90a1b',
  content: 'ahoy',
  type: 'TEXT',
  status: 'SENT',
  roomId,
  senderId: userId,
  replyToId: null,
  editedAt: null,
  deletedAt: null,
  createdAt: at,
  updatedAt: at,
};

export const legacyMessage = { ...plainMessage, sender: legacyUser, attachments: [], replyTo: null };
export const legacyReply = { ...legacyMessage, replyToId: plainMessage.id, replyTo: plainMessage };
