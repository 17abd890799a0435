import { apiContract } from '@kuraxx/contracts';
import { z } from 'zod';
import { createPerson, type Person } from '../person.fixture.ts';
import { passcode, perform } from '../policy/scene.fixture.ts';
import type { World } from './placeholders.ts';

const { auth, rooms, messages, upload } = apiContract;
const anything = z.unknown();
const withRoom = z.object({ room: z.object({ id: z.string() }) });
const withMessage = z.object({ message: z.object({ id: z.string() }) });

type People = { readonly users: readonly Person[]; readonly victims: readonly Person[] };

const isAlive = async (apiUrl: string, { token }: Person): Promise<boolean> => {
  const response = await fetch(`${apiUrl}${auth.me.path}`, { headers: { authorization: `Bearer ${token}` } });
  await response.body?.cancel();
  return response.ok;
};

const alive = (apiUrl: string, people: readonly Person[], stem: string): Promise<Person[]> =>
  Promise.all(people.map(async (one) => ((await isAlive(apiUrl, one)) ? one : createPerson(apiUrl, stem))));

const createRooms = async (apiUrl: string, [ann, bob, cid]: readonly Person[]): Promise<string[]> => {
  if (ann === undefined || bob === undefined || cid === undefined) throw new Error('too few users');
  const create = async (by: Person, body: object): Promise<string> =>
    (await perform(apiUrl, by, rooms.create, { body }, withRoom)).room.id;
  const open = await create(ann, { name: 'Open', memberIds: [bob.id, cid.id] });
  await perform(
    apiUrl,
    ann,
    rooms.changeRole,
    { params: { id: open, userId: bob.id }, body: { role: 'ADMIN' } },
    anything,
  );
  const locked = await create(bob, { name: 'Locked', type: 'PRIVATE', passcode, memberIds: [ann.id] });
  const others = await create(cid, { name: 'Another' });
  const gone = await create(ann, { name: 'Gone' });
  await perform(apiUrl, ann, rooms.remove, { params: { id: gone } }, anything);
  return [open, locked, others, gone];
};

const createMessages = async (
  apiUrl: string,
  people: readonly Person[],
  roomIds: readonly string[],
): Promise<string[]> => {
  const ids: string[] = [];
  for (const [index, roomId] of roomIds.slice(0, 3).entries()) {
    for (const content of ['first', 'second']) {
      const by = people[index];
      if (by === undefined) continue;
      ids.push((await perform(apiUrl, by, messages.send, { body: { roomId, content } }, withMessage)).message.id);
    }
  }
  const [ann] = people;
  const [deleted = ''] = ids;
  if (ann !== undefined) await perform(apiUrl, ann, messages.remove, { params: { id: deleted } }, anything);
  return ids;
};

const withFile = z.object({ file: z.object({ id: z.string(), url: z.url() }) });
const withPut = z.object({ uploadUrl: z.url() });

const pathOf = (url: string): string => {
  const { pathname, search } = new URL(url);
  return pathname + search;
};

/** A stored file with the link to it, and an address that waits for one. */
const createFiles = async (apiUrl: string, by: Person): Promise<Pick<World, 'file' | 'link' | 'put'>> => {
  const form = new FormData();
  form.set('file', new Blob(['some text'], { type: 'text/plain' }), 'some.txt');
  const { file } = await perform(apiUrl, by, upload.file, { form }, withFile);
  const body = { fileName: 'other.txt', mimeType: 'text/plain', fileSize: 9 };
  const { uploadUrl } = await perform(apiUrl, by, upload.signedUrl, { body }, withPut);
  return { file: [file.id], link: [pathOf(file.url)], put: [pathOf(uploadUrl)] };
};

/** A position of the log, as some write answers it. */
const positionNow = async (apiUrl: string, { token }: Person): Promise<string> => {
  const response = await fetch(`${apiUrl}${rooms.create.path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{"name":"Position"}',
  });
  await response.body?.cancel();
  return response.headers.get('kuraxx-position') ?? '';
};

/**
 * The people and rooms that generated requests name. Fuzzing uses them up: `renew` makes new ones where it has to.
 *
 * @param isFixed they stay as they are: where requests are limited, not even `renew` could make others
 */
export const createWorld = async (apiUrl: string, isFixed = false) => {
  const make = (count: number, stem: string): Promise<Person[]> =>
    Promise.all(Array.from({ length: count }, () => createPerson(apiUrl, stem)));
  let people: People = { users: await make(4, 'fuzz'), victims: await make(2, 'victim') };

  const furnish = async (): Promise<World> => {
    const { users, victims } = people;
    const [first] = users;
    if (first === undefined) throw new Error('nobody is there');
    const roomIds = await createRooms(apiUrl, users);
    return {
      user: users.map(({ id }) => id),
      token: users.map(({ token }) => token),
      refresh: victims.map(({ refreshToken }) => refreshToken),
      email: victims.map(({ email }) => email),
      victim: victims.map(({ token }) => token),
      room: roomIds,
      message: await createMessages(apiUrl, users, roomIds),
      position: [await positionNow(apiUrl, first)],
      ...(await createFiles(apiUrl, first)),
    };
  };

  let world = await furnish();
  return {
    /** As of the last `renew`. */
    current: () => world,
    renew: async (): Promise<void> => {
      if (isFixed) return;
      people = {
        users: await alive(apiUrl, people.users, 'fuzz'),
        victims: await alive(apiUrl, people.victims, 'victim'),
      };
      world = await furnish();
    },
  };
};

export type FuzzWorld = Awaited<ReturnType<typeof createWorld>>;
