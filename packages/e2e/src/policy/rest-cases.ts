import { apiContract } from '@kuraxx/contracts';
import type { Operation } from '@kuraxx/domain';
import { z } from 'zod';
import { type Person, password, uniqueName } from '../person.fixture.ts';
import type { RestParts } from './rest.fixture.ts';
import { passcode, perform, type Scene, type SceneOptions, systemMessageOf } from './scene.fixture.ts';

/** How an operation of the policy is asked for by REST. */
export type RestCase = SceneOptions & {
  readonly operation: Operation;
  readonly request: (scene: Scene) => RestParts | Promise<RestParts>;
  /** For answers that everybody gets: whether it shows what the operation is about. Default: the status tells. */
  readonly shows?: (answer: string, scene: Scene) => boolean;
};

type Contract = typeof apiContract;
type Endpoints = {
  readonly [A in keyof Contract]: { readonly [E in keyof Contract[A]]: readonly [RestCase, ...RestCase[]] };
};

const nothing = (): RestParts => ({});
const inRoom =
  (body?: unknown) =>
  (scene: Scene): RestParts => ({
    params: { id: scene.roomId },
    ...(body === undefined ? {} : { body }),
  });
const aboutMember =
  (who: (scene: Scene) => string, body?: unknown) =>
  (scene: Scene): RestParts => ({
    params: { id: scene.roomId, userId: who(scene) },
    ...(body === undefined ? {} : { body }),
  });
const handTo =
  (who: (scene: Scene) => string) =>
  (scene: Scene): RestParts => ({
    params: { id: scene.roomId },
    body: { userId: who(scene) },
  });

const member = ({ cast }: Scene): string => cast.otherMember.id;
const admin = ({ cast }: Scene): string => cast.otherAdmin.id;
const owner = ({ cast }: Scene): string => cast.owner.id;
/** Not in the room: who was removed, and for them who never was in it. */
const outsider = ({ cast, caller }: Scene): string => (caller === cast.removed ? cast.stranger : cast.removed).id;
const self = ({ cast, caller }: Scene): string => (caller ?? cast.member).id;
/** Whose credentials are used: also without a token one may sign in. */
const someone = ({ cast, caller }: Scene) => caller ?? cast.otherMember;

const own = async ({ ownId }: Scene) => ownId;
const other = async ({ otherId }: Scene) => otherId;
const edit =
  (which: (scene: Scene) => Promise<string>) =>
  async (scene: Scene): Promise<RestParts> => ({
    params: { id: await which(scene) },
    body: { content: 'changed' },
  });
const erase =
  (which: (scene: Scene) => Promise<string>) =>
  async (scene: Scene): Promise<RestParts> => ({
    params: { id: await which(scene) },
  });
const list = () => ({ query: { limit: '100' } });
const listsRoom = (answer: string, { roomId }: Scene) => answer.includes(roomId);

/** The smallest PNG. */
const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const formOf = (field: string, type: string, content: Uint8Array<ArrayBuffer> | string): { form: FormData } => {
  const form = new FormData();
  form.set(field, new Blob([content], { type }), `some.${type.split('/')[1]}`);
  return { form };
};
const textForm = () => formOf('file', 'text/plain', 'some text');
const withFile = z.object({ file: z.object({ id: z.string() }) });
const deleteFileOf =
  (by: (scene: Scene) => Person) =>
  async (scene: Scene): Promise<RestParts> => {
    const { file } = await perform(scene.cast.apiUrl, by(scene), apiContract.upload.file, textForm(), withFile);
    return { params: { fileId: file.id } };
  };

/**
 * Every endpoint of the contract, with what it can be asked for: it does not compile while one is missing. Where the answer
 * depends on what it is done to, there is a case for each.
 */
export const restCases: Endpoints = {
  auth: {
    register: [
      {
        operation: 'account.register',
        request: () => {
          const username = uniqueName('new');
          return { body: { email: `${username}@example.com`, username, password } };
        },
      },
    ],
    login: [{ operation: 'account.logIn', request: (scene) => ({ body: { email: someone(scene).email, password } }) }],
    refresh: [
      {
        operation: 'account.refresh',
        request: (scene) => ({ body: { refreshToken: someone(scene).refreshToken } }),
      },
    ],
    logout: [{ operation: 'account.logOut', freshCaller: true, request: nothing }],
    changePassword: [
      {
        operation: 'account.changePassword',
        freshCaller: true,
        request: () => ({ body: { currentPassword: password, newPassword: `${password} 2` } }),
      },
    ],
    me: [{ operation: 'account.read', request: nothing }],
  },
  users: {
    search: [{ operation: 'user.search', request: () => ({ query: { query: 'member' } }) }],
    get: [{ operation: 'user.read', request: ({ cast }) => ({ params: { id: cast.otherMember.id } }) }],
    updateMe: [{ operation: 'account.update', request: () => ({ body: { displayName: 'Somebody' } }) }],
    deleteMe: [{ operation: 'account.delete', freshCaller: true, request: () => ({ body: { password } }) }],
  },
  stats: { get: [{ operation: 'stats.read', request: nothing }] },
  rooms: {
    create: [{ operation: 'room.create', request: () => ({ body: { name: 'New' } }) }],
    list: [{ operation: 'room.list', request: list, shows: listsRoom }],
    discover: [
      { operation: 'room.discover.public', request: list, shows: listsRoom },
      { operation: 'room.discover.private', room: 'private', request: list, shows: listsRoom },
    ],
    get: [{ operation: 'room.read', request: inRoom() }],
    update: [{ operation: 'room.update', request: inRoom({ description: 'changed' }) }],
    remove: [{ operation: 'room.delete', request: inRoom() }],
    members: [{ operation: 'room.readMembers', request: inRoom() }],
    log: [{ operation: 'room.readLog', request: inRoom() }],
    at: [
      {
        operation: 'room.readPast',
        request: ({ roomId }) => ({ params: { id: roomId }, query: { time: new Date().toISOString() } }),
      },
    ],
    addMember: [
      { operation: 'room.addMember', request: (scene) => inRoom({ userId: outsider(scene) })(scene) },
      { operation: 'room.addAdmin', request: (scene) => inRoom({ userId: outsider(scene), role: 'ADMIN' })(scene) },
    ],
    changeRole: [
      { operation: 'room.changeRole.member', request: aboutMember(member, { role: 'ADMIN' }) },
      { operation: 'room.changeRole.admin', request: aboutMember(admin, { role: 'MEMBER' }) },
      { operation: 'room.changeRole.owner', request: aboutMember(owner, { role: 'MEMBER' }) },
      { operation: 'room.changeRole.stranger', request: aboutMember(outsider, { role: 'ADMIN' }) },
      { operation: 'room.transfer.member', request: aboutMember(member, { role: 'OWNER' }) },
      { operation: 'room.transfer.admin', request: aboutMember(admin, { role: 'OWNER' }) },
      { operation: 'room.transfer.owner', request: aboutMember(owner, { role: 'OWNER' }) },
      { operation: 'room.transfer.stranger', request: aboutMember(outsider, { role: 'OWNER' }) },
    ],
    removeMember: [
      { operation: 'room.remove.member', request: aboutMember(member) },
      { operation: 'room.remove.admin', request: aboutMember(admin) },
      { operation: 'room.remove.owner', request: aboutMember(owner) },
      { operation: 'room.remove.stranger', request: aboutMember(outsider) },
      { operation: 'room.remove.self', request: aboutMember(self) },
      { operation: 'room.remove.self.last', room: 'lonely', request: aboutMember(self) },
    ],
    join: [
      { operation: 'room.join.public', request: inRoom() },
      { operation: 'room.join.withPasscode', room: 'private', request: inRoom({ passcode }) },
      { operation: 'room.join.withoutPasscode', room: 'private', request: inRoom() },
      { operation: 'room.join.withoutPasscode', room: 'private', request: inRoom({ passcode: 'open barley' }) },
    ],
    leave: [
      { operation: 'room.leave', request: inRoom() },
      { operation: 'room.leave.last', room: 'lonely', request: inRoom() },
    ],
    transfer: [
      { operation: 'room.transfer.member', request: handTo(member) },
      { operation: 'room.transfer.admin', request: handTo(admin) },
      { operation: 'room.transfer.owner', request: handTo(owner) },
      { operation: 'room.transfer.stranger', request: handTo(outsider) },
    ],
  },
  messages: {
    send: [{ operation: 'message.send', request: ({ roomId }) => ({ body: { roomId, content: 'ahoy' } }) }],
    history: [{ operation: 'message.readHistory', request: ({ roomId }) => ({ query: { roomId } }) }],
    get: [{ operation: 'message.read', request: erase(other) }],
    edit: [
      { operation: 'message.edit.own', strangerLeft: true, request: edit(own) },
      { operation: 'message.edit.other', request: edit(other) },
      { operation: 'message.edit.system', strangerLeft: true, request: edit(systemMessageOf) },
    ],
    remove: [
      { operation: 'message.delete.own', strangerLeft: true, request: erase(own) },
      { operation: 'message.delete.other', request: erase(other) },
      { operation: 'message.delete.system', strangerLeft: true, request: erase(systemMessageOf) },
    ],
  },
  upload: {
    signedUrl: [
      {
        operation: 'file.announce',
        request: () => ({ body: { fileName: 'a.txt', mimeType: 'text/plain', fileSize: 9 } }),
      },
    ],
    file: [{ operation: 'file.upload', request: textForm }],
    image: [{ operation: 'file.uploadImage', request: () => formOf('image', 'image/png', Buffer.from(dot, 'base64')) }],
    remove: [
      { operation: 'file.delete.own', request: deleteFileOf(someone) },
      { operation: 'file.delete.other', request: deleteFileOf(({ cast }) => cast.otherMember) },
    ],
  },
};
