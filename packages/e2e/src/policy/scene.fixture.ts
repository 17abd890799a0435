import { apiContract } from '@kuraxx/contracts';
import type { Standing } from '@kuraxx/domain';
import type { AppRoute } from '@ts-rest/core';
import { z } from 'zod';
import { createPerson, type Person, uniqueName } from '../person.fixture.ts';
import { checkBody, type RestParts, sendRest, successStatus } from './rest.fixture.ts';

/** Who plays whom. Nobody plays `none`. The others are there to have things done to them. */
export type Cast = Readonly<
  Record<Exclude<Standing, 'none'> | 'otherMember' | 'otherAdmin', Person> & { apiUrl: string }
>;

/** `crew`: public, everybody is in it. `private`: the same behind a passcode. `lonely`: its owner alone. */
export type RoomKind = 'crew' | 'private' | 'lonely';

export type SceneOptions = {
  readonly room?: RoomKind | undefined;
  /** The stranger is somebody who left: then they have messages there. */
  readonly strangerLeft?: boolean | undefined;
  /** The caller is used up by the operation: somebody new plays the part. */
  readonly freshCaller?: boolean | undefined;
};

/** What is done while those who go are still in the room. */
export type WhileIn = (caller: Person | undefined, roomId: string) => Promise<void>;

/** A room, made for one case, and somebody who stands to it as the case wants. */
export type Scene = {
  readonly standing: Standing;
  /** Undefined: somebody without a token. */
  readonly caller: Person | undefined;
  readonly cast: Cast;
  readonly roomId: string;
  /** In the room's name and in a message: whoever has no right must not see it. */
  readonly secret: string;
  /** A message of the caller (of the member, when nobody calls); empty in rooms without messages. */
  readonly ownId: string;
  /** A message of another member, with the secret. */
  readonly otherId: string;
};

export const passcode = 'open sesame';

export const createCast = async (apiUrl: string): Promise<Cast> => {
  const person = (name: string) => createPerson(apiUrl, name);
  const [stranger, removed, member, admin, owner, otherMember, otherAdmin] = await Promise.all([
    person('stranger'),
    person('removed'),
    person('member'),
    person('admin'),
    person('owner'),
    person('other_m'),
    person('other_a'),
  ]);
  return { apiUrl, stranger, removed, member, admin, owner, otherMember, otherAdmin };
};

/** Does what has to work before a case begins. @returns the answer's data */
export const perform = async <T>(
  apiUrl: string,
  by: Person,
  route: AppRoute,
  parts: RestParts,
  data: z.ZodType<T>,
): Promise<T> => {
  const answer = await sendRest(apiUrl, route, parts, by.token);
  if (answer.status !== successStatus(route)) {
    throw new Error(`${route.method} ${route.path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  await checkBody(route, answer);
  return z.object({ data }).parse(answer.body).data;
};

const { rooms, messages } = apiContract;
const withRoom = z.object({ room: z.object({ id: z.string() }) });
const withMessage = z.object({ message: z.object({ id: z.string() }) });
const anything = z.unknown();

const replaceCaller = async (cast: Cast, standing: Standing): Promise<Cast> =>
  standing === 'none' ? cast : { ...cast, [standing]: await createPerson(cast.apiUrl, standing) };

const createRoom = async (cast: Cast, kind: RoomKind, secret: string, caller: Person | undefined): Promise<string> => {
  const { apiUrl, owner, admin, member, otherMember, otherAdmin, removed } = cast;
  const crew = kind === 'lonely' ? [removed] : [admin, member, otherMember, otherAdmin, removed];
  // One comes by themself, so that there is a SYSTEM message: the caller, if they may
  const joiner = crew.find((one) => one === caller) ?? member;
  const isOpen = kind === 'crew';
  const memberIds = crew.filter((one) => !isOpen || one !== joiner).map(({ id }) => id);
  const lock = kind === 'private' ? { type: 'PRIVATE', passcode } : {};
  const { room } = await perform(apiUrl, owner, rooms.create, { body: { name: secret, memberIds, ...lock } }, withRoom);
  if (isOpen) await perform(apiUrl, joiner, rooms.join, { params: { id: room.id } }, anything);
  return room.id;
};

/** Sets the room up so that the caller stands to it as wanted. */
export const createScene = async (
  cast: Cast,
  standing: Standing,
  options: SceneOptions = {},
  whileIn: WhileIn = async () => undefined,
): Promise<Scene> => {
  const { room: kind = 'crew', strangerLeft = false, freshCaller = false } = options;
  const people = freshCaller ? await replaceCaller(cast, standing) : cast;
  const { apiUrl, owner, admin, otherAdmin, otherMember, removed, stranger } = people;
  const caller = standing === 'none' ? undefined : people[standing];
  const secret = uniqueName('secret');
  const roomId = await createRoom(people, kind, secret, caller);
  const params = { id: roomId };
  const send = async (by: Person, content: string): Promise<string> =>
    (await perform(apiUrl, by, messages.send, { body: { roomId, content } }, withMessage)).message.id;
  const promote = ({ id: userId }: Person) =>
    perform(apiUrl, owner, rooms.changeRole, { params: { ...params, userId }, body: { role: 'ADMIN' } }, anything);

  const leaves = strangerLeft && caller === stranger;
  if (leaves) await perform(apiUrl, stranger, rooms.join, { params }, anything);
  let [ownId, otherId] = ['', ''];
  if (kind === 'crew') {
    const isIn = caller !== undefined && (caller !== stranger || leaves);
    ownId = await send(isIn ? caller : people.member, 'mine');
    otherId = await send(otherMember, secret);
  }
  if (kind !== 'lonely') for (const one of [admin, otherAdmin]) await promote(one);
  await whileIn(caller, roomId);
  if (leaves) await perform(apiUrl, stranger, rooms.leave, { params }, anything);
  const gone = { params: { ...params, userId: removed.id } };
  await perform(apiUrl, owner, rooms.removeMember, gone, anything);
  return { standing, caller, cast: people, roomId, secret, ownId, otherId };
};

/** A SYSTEM message of the room: the caller's own where they have one. */
export const systemMessageOf = async ({ cast, caller, roomId }: Scene): Promise<string> => {
  const list = z.object({ messages: z.array(z.object({ id: z.string(), senderId: z.string(), type: z.string() })) });
  const found = await perform(cast.apiUrl, cast.owner, messages.history, { query: { roomId } }, list);
  const said = found.messages.filter(({ type }) => type === 'SYSTEM');
  const one = said.find(({ senderId }) => senderId === caller?.id) ?? said[0];
  if (one === undefined) throw new Error('the room has no SYSTEM message');
  return one.id;
};
