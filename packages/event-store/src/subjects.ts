import type { ForeignSubject, Partition, Subject } from './ports.ts';
import { partitionOfRoom } from './position.ts';

const idPattern = /^[A-Za-z0-9-]{1,64}$/;

const isId = (id: string): boolean => idPattern.test(id);

const idsOf = (subject: Subject): readonly string[] => {
  switch (subject.kind) {
    case 'account':
      return [subject.userId];
    case 'file':
      return [subject.userId, subject.fileId];
    case 'room':
      return [subject.roomId];
  }
};

/** Ids go into subjects, where `*`, `>` and `.` have a meaning. @throws {TypeError} for what is no id */
const requireId = (id: string): string => {
  if (!isId(id)) throw new TypeError('an id in a subject must be letters, digits and hyphens');
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

/** What a subject in a stream of the log is about. Never throws: anybody who reaches the server can store under any subject. */
export const parseSubject = (text: string): Subject | ForeignSubject => {
  const [, kind, first = '', second = '', third = '', ...more] = text.split('.');
  const subject = ((): Subject | undefined => {
    if (more.length > 0) return undefined;
    if (kind === 'account' && second === 'file') return { kind: 'file', userId: first, fileId: third };
    if (kind === 'account' && second === '') return { kind, userId: first };
    if (kind === 'room' && (third === 'meta' || third === 'msg' || third === 'edit')) {
      return { kind, roomId: second, aspect: third };
    }
    return undefined;
  })();
  return subject === undefined || !idsOf(subject).every(isId) ? { kind: 'foreign', text } : subject;
};
