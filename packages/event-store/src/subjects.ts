import type { Partition, Subject } from './ports.ts';
import { partitionOfRoom } from './position.ts';

const idPattern = /^[A-Za-z0-9-]{1,64}$/;

/** Ids go into subjects, where `*`, `>` and `.` have a meaning. @throws {TypeError} for what is no id */
const requireId = (id: string): string => {
  if (!idPattern.test(id)) throw new TypeError('an id in a subject must be letters, digits and hyphens');
  return id;
};

/** What comes before a subject when the server repeats an event live. */
export const livePrefix = 'kuraxx.live.';

export const streamName = (partition: Partition): string =>
  partition === 'accounts' ? 'KURAXX_ACCOUNTS' : `KURAXX_ROOMS_${partition}`;

/** All subjects of a partition. */
export const partitionFilter = (partition: Partition): string =>
  partition === 'accounts' ? 'kuraxx.account.>' : `kuraxx.room.${partition}.>`;

/** All three subjects of a room. */
export const roomFilter = (roomId: string, partitions: number): string =>
  `kuraxx.room.${partitionOfRoom(roomId, partitions)}.${requireId(roomId)}.*`;

export const subjectText = (subject: Subject, partitions: number): string => {
  switch (subject.kind) {
    case 'account':
      return `kuraxx.account.${requireId(subject.userId)}`;
    case 'file':
      return `kuraxx.account.${requireId(subject.userId)}.file.${requireId(subject.fileId)}`;
    case 'room':
      return `kuraxx.room.${partitionOfRoom(subject.roomId, partitions)}.${requireId(subject.roomId)}.${subject.aspect}`;
  }
};

export const partitionOfSubject = (subject: Subject, partitions: number): Partition =>
  subject.kind === 'room' ? partitionOfRoom(subject.roomId, partitions) : 'accounts';

/** @throws {Error} for a subject that no event of this log has */
export const parseSubject = (text: string): Subject => {
  const [, kind, first = '', second = '', third = ''] = text.split('.');
  if (kind === 'account' && second === 'file' && third !== '') return { kind: 'file', userId: first, fileId: third };
  if (kind === 'account' && second === '') return { kind, userId: first };
  if (kind === 'room' && (third === 'meta' || third === 'msg' || third === 'edit')) {
    return { kind, roomId: second, aspect: third };
  }
  throw new Error(`not a subject of the log: ${text}`);
};
