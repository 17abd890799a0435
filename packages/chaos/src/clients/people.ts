import { setTimeout as delay } from 'node:timers/promises';
import { publicUser } from '@kuraxx/contracts';
import { z } from 'zod';
import type { Happening } from '../history/records.ts';
import { type Answer, createRest, type Request, type Rest } from './rest.ts';

/** A registered user. */
export type Person = { readonly userId: string; readonly token: string; readonly rest: Rest };

const setUpTries = 20;
const pauseMs = 500;
const patienceMs = 20_000;

/** For what has to work before anything is broken. @throws {Error} with the last answer */
const insist = async (rest: Rest, request: Omit<Request, 'patienceMs'>): Promise<Answer> => {
  let answer: Answer | undefined;
  for (let tries = 0; tries < setUpTries; tries++) {
    answer = await rest({ ...request, patienceMs });
    if (answer.status >= 200 && answer.status < 300) return answer;
    await delay(pauseMs);
  }
  throw new Error(`${request.method} ${request.path} failed: ${answer?.status} ${answer?.code}`);
};

const registered = z.object({ accessToken: z.string(), user: publicUser });

/** Registers so many users. */
export const createPeople = async (
  urls: readonly string[],
  count: number,
  record: (happening: Happening) => void,
): Promise<Person[]> => {
  const suffix = Date.now().toString(36);
  const anonymous = createRest(urls, undefined, record);
  return Promise.all(
    Array.from({ length: count }, async (_, index): Promise<Person> => {
      const username = `chaos_${index}_${suffix}`;
      const { data } = await insist(anonymous, {
        server: index,
        method: 'POST',
        path: '/auth/register',
        body: { email: `${username}@example.com`, username, password: 'nothing but chaos' },
      });
      const { accessToken, user } = registered.parse(data);
      return { userId: user.id, token: accessToken, rest: createRest(urls, accessToken, record) };
    }),
  );
};

const created = z.object({ room: z.object({ id: z.string() }) });

/** Opens so many rooms with everybody in them; room `n` belongs to user `n` modulo the users. @returns their ids */
export const createRooms = async (people: readonly Person[], count: number): Promise<string[]> => {
  const roomIds: string[] = [];
  for (let index = 0; index < count; index++) {
    const owner = people[index % people.length];
    if (owner === undefined) throw new RangeError('rooms need people');
    const memberIds = people.filter((person) => person !== owner).map(({ userId }) => userId);
    const body = { name: `Room ${index}`, memberIds };
    const { data } = await insist(owner.rest, { server: index, method: 'POST', path: '/rooms/create', body });
    roomIds.push(created.parse(data).room.id);
  }
  return roomIds;
};
