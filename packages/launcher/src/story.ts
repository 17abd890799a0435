import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { message, publicUser, room } from '@kuraxx/contracts';
import { type RunFile, runFileSchema } from '@kuraxx/runtime';
import { defaultDataDir } from '@kuraxx/servers';
import { z } from 'zod';
import { messageOf, StartError } from './report.ts';
import { ask, hearRedis, openSocket } from './story/observers.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const step = (title: string): void => say(`\n${title}`);
const shown = (text: string): string => (text.length > 150 ? `${text.slice(0, 147)}...` : text);
const came = (over: string, text: string): void => say(`  ${over.padEnd(10)} ${shown(text)}`);

const readRunFile = async (): Promise<RunFile> => {
  const file = join(defaultDataDir(), 'run.json');
  const text = await readFile(file, 'utf8').catch(() => {
    throw new StartError(`Nothing runs here (${file} is missing): run npm start in another terminal first.`);
  });
  return runFileSchema.parse(JSON.parse(text));
};

const signedIn = z.object({ user: publicUser, accessToken: z.string() });

/** Plays a short chat between two users against the running system. @throws when something expected doesn't come */
const play = async ({ apiUrl, wsUrl, redisUrl }: RunFile): Promise<void> => {
  const redis = await hearRedis(redisUrl);
  const suffix = randomBytes(4).toString('hex');
  const rest = <T extends z.ZodType>(
    method: string,
    path: string,
    status: number,
    data: T,
    token?: string,
    body?: object,
  ) =>
    ask(
      { url: `${apiUrl}${path}`, method, status, ...(token === undefined ? {} : { token }), ...(body && { body }) },
      data,
    );
  const confirmed = z.object({ message: z.string() });

  const register = async (name: string) => {
    const body = {
      email: `${name}_${suffix}@example.com`,
      username: `${name}_${suffix}`,
      password: 'a story password',
    };
    const answer = await rest('POST', '/auth/register', 201, signedIn, undefined, body);
    came('REST', `201 ${JSON.stringify(answer.user)}`);
    return answer;
  };
  step('1. Mira and Tom register');
  const [mira, tom] = [await register('mira'), await register('tom')];

  step('2. Mira logs in and opens a room');
  const login = await rest('POST', '/auth/login', 200, signedIn, undefined, {
    email: `mira_${suffix}@example.com`,
    password: 'a story password',
  });
  came('REST', `200 signed in as ${login.user.username}`);
  const opened = await rest('POST', '/rooms/create', 201, z.object({ room }), mira.accessToken, { name: 'Crew' });
  const roomId = opened.room.id;
  came('REST', `201 room ${roomId} "Crew"`);

  const enter = async (name: string, token: string) => {
    const socket = await openSocket(wsUrl);
    socket.send({ type: 'authenticate', payload: { token } });
    came(`WS ${name}`, await socket.next('authenticated', '"type":"authenticated"'));
    socket.send({ type: 'room:join', payload: { roomId }, requestId: `join-${name}` });
    came(`WS ${name}`, await socket.next('room:join', `join-${name}`, '"success":true'));
    return socket;
  };
  step('3. Mira listens over the WebSocket');
  const miraSocket = await enter('Mira', mira.accessToken);
  came('Redis', await redis.next('presence:online', '"presence:online"', mira.user.id));

  step('4. Tom joins by REST, then by WebSocket');
  await rest('POST', `/rooms/${roomId}/join`, 200, z.object({ room }), tom.accessToken, {});
  came('REST', '200 joined');
  came('WS Mira', await miraSocket.next('the SYSTEM message', '"message:saved"', 'joined the room'));
  came('WS Mira', await miraSocket.next('room:join', '"room:join"', tom.user.id));
  came('Redis', await redis.next('messages:saved', '"messages:saved"', 'joined the room', roomId));
  came('Redis', await redis.next('room:join', '"room:join"', tom.user.id));
  const tomSocket = await enter('Tom', tom.accessToken);
  came('WS Mira', await miraSocket.next('presence:online', '"presence:online"', tom.user.id));

  step('5. Tom types and sends by WebSocket');
  tomSocket.send({ type: 'typing:start', payload: { roomId } });
  came('WS Mira', await miraSocket.next('typing:start', '"typing:start"', tom.user.id));
  came('Redis', await redis.next('typing:start', '"typing:start"', tom.user.id));
  tomSocket.send({ type: 'typing:stop', payload: { roomId } });
  came('WS Mira', await miraSocket.next('typing:stop', '"typing:stop"', tom.user.id));
  came('Redis', await redis.next('typing:stop', '"typing:stop"', tom.user.id));
  tomSocket.send({ type: 'message:new', payload: { roomId, content: 'Ahoy!', tempId: `story-${suffix}` } });
  came('WS Mira', await miraSocket.next('message:saved', '"message:saved"', 'Ahoy!'));
  came('WS Tom', await tomSocket.next('message:saved with its tempId', '"message:saved"', `story-${suffix}`));
  came('Redis', await redis.next('messages:new', '"messages:new"', 'Ahoy!', roomId));
  came('Redis', await redis.next('messages:saved', '"messages:saved"', 'Ahoy!', roomId));

  step('6. Mira answers by REST, edits, deletes');
  const sent = await rest('POST', '/messages/send', 201, z.object({ message }), mira.accessToken, {
    roomId,
    content: 'Welcome abord',
  });
  const messageId = sent.message.id;
  came('REST', `201 message ${messageId}`);
  came('WS Tom', await tomSocket.next('message:saved', '"message:saved"', messageId));
  const edit = { content: 'Welcome aboard' };
  await rest('PATCH', `/messages/${messageId}`, 200, z.object({ message }), mira.accessToken, edit);
  came('WS Tom', await tomSocket.next('message:update', '"message:update"', 'Welcome aboard'));
  came('Redis', await redis.next('messages:update', '"messages:update"', messageId));
  await rest('DELETE', `/messages/${messageId}`, 200, confirmed, mira.accessToken);
  came('WS Tom', await tomSocket.next('message:delete', '"message:delete"', messageId));
  came('Redis', await redis.next('messages:delete', '"messages:delete"', messageId));

  step('7. The history, a page at a time');
  const page = z.object({ messages: z.array(message), hasMore: z.boolean(), nextCursor: z.string().nullable() });
  const contents: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = `roomId=${roomId}&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const answer: z.infer<typeof page> = await rest('GET', `/messages/history?${query}`, 200, page, tom.accessToken);
    contents.push(...answer.messages.map((one) => one.content));
    cursor = answer.nextCursor;
  }
  came('REST', `200 ${JSON.stringify(contents)}`);
  if (contents[0] !== 'Ahoy!' || contents.length !== 2) throw new Error('the history is not what was said');

  step('8. Tom leaves and goes');
  await rest('POST', `/rooms/${roomId}/leave`, 200, confirmed, tom.accessToken, {});
  came('WS Mira', await miraSocket.next('room:leave', '"room:leave"', tom.user.id));
  came('Redis', await redis.next('room:leave', '"room:leave"', tom.user.id));
  tomSocket.close();
  came('Redis', await redis.next('presence:offline', '"presence:offline"', tom.user.id));
  miraSocket.close();
  redis.close();
};

try {
  await play(await readRunFile());
  say('\nThe story is told: everything came as expected.');
} catch (error) {
  process.stderr.write(`\nThe story broke off: ${messageOf(error)}\n`);
  process.exit(1);
}
