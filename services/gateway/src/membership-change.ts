import type { ChatEvent } from '@kuraxx/domain';

/** What an event means for who is in the room. */
export type MembershipChange = {
  readonly joined: readonly string[];
  readonly left: readonly string[];
  /** Everybody is out. */
  readonly isOver: boolean;
};

const none: MembershipChange = { joined: [], left: [], isOver: false };

export const membershipChangeOf = (event: ChatEvent): MembershipChange => {
  switch (event.type) {
    case 'RoomCreated':
      return { ...none, joined: event.data.members.map(({ userId }) => userId) };
    case 'MemberAdded':
    case 'MemberJoined':
      return { ...none, joined: [event.data.userId] };
    case 'MemberRemoved':
    case 'MemberLeft':
      return { ...none, left: [event.data.userId] };
    case 'RoomDeleted':
      return { ...none, isOver: true };
    case 'RoomUpdated':
    case 'RoleChanged':
    case 'OwnershipTransferred':
    case 'MessageSent':
    case 'MessageEdited':
    case 'MessageDeleted':
    case 'UserRegistered':
    case 'ProfileUpdated':
    case 'RegistrationAbandoned':
    case 'UploadStarted':
    case 'FileUploaded':
    case 'FileUsed':
    case 'FileDeleted':
    case 'FilePurged':
    case 'PasswordChanged':
    case 'AccountDeleted':
      return none;
  }
};
