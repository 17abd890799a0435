import { randomBytes } from 'node:crypto';
import { apiContract } from '@kuraxx/contracts';
import { initClient } from '@ts-rest/core';

/** A typed client that checks every answer against the contract. */
export const clientOf = (baseUrl: string, token?: string) =>
  initClient(apiContract, {
    baseUrl,
    baseHeaders: token === undefined ? {} : { authorization: `Bearer ${token}` },
    validateResponse: true,
  });

export type Client = ReturnType<typeof clientOf>;

/** Fails with the whole answer when its status is not the expected one, else narrows it. */
export const expectStatus = <A extends { status: number; body: unknown }, S extends A['status']>(
  answer: A,
  status: S,
): Extract<A, { status: S }> => {
  if (!hasStatus(answer, status))
    throw new Error(`expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer;
};

const hasStatus = <A extends { status: number }, S extends A['status']>(
  answer: A,
  status: S,
): answer is Extract<A, { status: S }> => answer.status === status;

export const password = 'correct horse battery';

/** A name that nobody else has. */
export const uniqueName = (stem: string): string => `${stem}_${randomBytes(5).toString('hex')}`;

export type Person = {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly api: Client;
};

/** Registers a new user at the first of `apiUrls`. */
export const createPerson = async (apiUrl: string, stem: string): Promise<Person> => {
  const username = uniqueName(stem);
  const email = `${username}@example.com`;
  const answer = expectStatus(await clientOf(apiUrl).auth.register({ body: { email, username, password } }), 201);
  const { user, accessToken, refreshToken } = answer.body.data;
  return { id: user.id, username, email, token: accessToken, refreshToken, api: clientOf(apiUrl, accessToken) };
};

/** The same person with new tokens, by the password. */
export const signInAgain = async (apiUrl: string, person: Person): Promise<Person> => {
  const answer = expectStatus(await clientOf(apiUrl).auth.login({ body: { email: person.email, password } }), 200);
  const { accessToken, refreshToken } = answer.body.data;
  return { ...person, token: accessToken, refreshToken, api: clientOf(apiUrl, accessToken) };
};

/** Opens a room with `owner` and lets the others join it by REST. */
export const createRoom = async (owner: Person, ...others: Person[]): Promise<string> => {
  const created = expectStatus(await owner.api.rooms.create({ body: { name: 'Crew' } }), 201);
  const roomId = created.body.data.room.id;
  for (const other of others) expectStatus(await other.api.rooms.join({ params: { id: roomId }, body: {} }), 200);
  return roomId;
};

/** Sends a message by REST. @returns the message */
export const send = async (sender: Person, roomId: string, content: string, tempId?: string) => {
  const body = { roomId, content, ...(tempId === undefined ? {} : { tempId }) };
  return expectStatus(await sender.api.messages.send({ body }), 201).body.data.message;
};
