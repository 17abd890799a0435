import { describe, expect, test } from 'vitest';
import { messageSnapshot, type RoomEvent } from '../events/index.ts';
import {
  ann,
  at,
  bob,
  cid,
  created,
  later,
  madeAdmin,
  messageOf,
  profileOf,
  removed,
  roomId,
  systemMessage,
} from '../people.fixture.ts';
import { Refusal } from '../refusal.ts';
import { evolveRoom, initialRoom, type Room } from '../room/room.ts';
import { decideDelete, decideEdit, decideSend, type NewMessage } from './decide.ts';

const roomAfter = (...events: RoomEvent[]): Room =>
  events.reduce((room, event) => evolveRoom(room, event, 1), initialRoom());
const refusedWith = (code: string, work: () => unknown): void => {
  expect(work).toThrow(Refusal);
  expect(work).toThrow(expect.objectContaining({ code }));
};
const room = roomAfter(created(bob, cid));
const sending = (senderId: string, replyTo: NewMessage['replyTo'] = null): NewMessage => ({
  messageId: 'm-2',
  roomId,
  content: 'aye',
  type: 'TEXT',
  sender: profileOf(senderId),
  replyTo,
  at: later,
});

describe('sending', () => {
  test('a member sends', () => {
    const message = decideSend(sending(bob), room);
    expect(messageSnapshot.parse(message)).toEqual(message);
    expect(message).toMatchObject({ id: 'm-2', senderId: bob, content: 'aye', status: 'SENT', replyTo: null });
  });
  test('a stranger does not', () => refusedWith('ROOM_ACCESS_DENIED', () => decideSend(sending('eve'), room)));
  test('nor anybody to a room that is not there', () =>
    refusedWith('ROOM_NOT_FOUND', () => decideSend(sending(bob), initialRoom())));
  test('a reply shows the plain fields of what it answers', () => {
    const { replyTo, replyToId } = decideSend(sending(bob, messageOf(ann)), room);
    expect(replyToId).toBe('m-1');
    expect(replyTo).not.toHaveProperty('sender');
    expect(Object.keys(replyTo ?? {})).toHaveLength(11);
  });
  test('a reply does not reach into another room', () =>
    refusedWith('VALIDATION_ERROR', () => decideSend(sending(bob, { ...messageOf(ann), roomId: 'other' }), room)));
  test('nor to what was deleted', () =>
    refusedWith('VALIDATION_ERROR', () => decideSend(sending(bob, { ...messageOf(ann), deletedAt: at }), room)));
});

describe('editing', () => {
  const edit = (by: string) => ({ by, content: 'new', at: later });
  test('the sender edits', () =>
    expect(decideEdit(edit(bob), messageOf(bob), room)).toEqual({
      type: 'MessageEdited',
      data: { message: { ...messageOf(bob), content: 'new', editedAt: later, updatedAt: later } },
    }));
  test('the owner does not edit for others', () =>
    refusedWith('ROOM_ACCESS_DENIED', () => decideEdit(edit(ann), messageOf(bob), room)));
  test('who was removed edits nothing any more', () =>
    refusedWith('ROOM_ACCESS_DENIED', () =>
      decideEdit(edit(bob), messageOf(bob), roomAfter(created(bob), removed(bob, ann))),
    ));
  test('what is deleted is not there', () =>
    refusedWith('MESSAGE_NOT_FOUND', () => decideEdit(edit(bob), { ...messageOf(bob), deletedAt: at }, room)));
  test('nobody rewrites what the system said', () =>
    refusedWith('ROOM_ACCESS_DENIED', () => decideEdit(edit(bob), systemMessage(bob), room)));
});

describe('deleting', () => {
  const remove = (by: string) => ({ by, at: later });
  const deleted = (by: string) => ({ type: 'MessageDeleted', data: { messageId: 'm-1', roomId, by, at: later } });
  test('the sender deletes', () => expect(decideDelete(remove(bob), messageOf(bob), room)).toEqual(deleted(bob)));
  test('the owner deletes', () => expect(decideDelete(remove(ann), messageOf(bob), room)).toEqual(deleted(ann)));
  test('an admin deletes', () =>
    expect(decideDelete(remove(cid), messageOf(bob), roomAfter(created(bob, cid), madeAdmin(cid)))).toEqual(
      deleted(cid),
    ));
  test('another member does not', () =>
    refusedWith('ROOM_ACCESS_DENIED', () => decideDelete(remove(cid), messageOf(bob), room)));
  test('who was removed deletes nothing any more', () =>
    refusedWith('ROOM_ACCESS_DENIED', () =>
      decideDelete(remove(bob), messageOf(bob), roomAfter(created(bob), removed(bob, ann))),
    ));
  test('a second time nothing happens', () =>
    expect(decideDelete(remove(bob), { ...messageOf(bob), deletedAt: at }, room)).toBeUndefined());
});
