import { publishSignedOut } from '@kuraxx/signals';
import { createTcpProxy, eventually, type FreshServer, freshNats, type TcpProxy } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClient } from './client.fixture.ts';
import { type Person, password, startGateway, type TestGateway } from './gateway.fixture.ts';

/** Two gateways; the west one can be cut off. */
let server: FreshServer;
let proxy: TcpProxy;
let east: TestGateway;
let west: TestGateway;

beforeAll(async () => {
  server = await freshNats();
  proxy = await createTcpProxy(server.url);
  [east, west] = await Promise.all([startGateway(server.url), startGateway(proxy.url)]);
});
afterAll(async () => {
  proxy.resume();
  await Promise.all([east.close(), west.close()]);
  await proxy.close();
  await server.remove();
});

const newPassword = 'fresh battery';
const waysOut: readonly (readonly [string, (ann: Person) => Promise<unknown>])[] = [
  ['a log-out', ({ userId }) => east.commands.accounts.logout(userId)],
  [
    'a new password',
    ({ userId }) => east.commands.accounts.changePassword(userId, { currentPassword: password, newPassword }),
  ],
  ['the end of the account', ({ userId }) => east.commands.accounts.remove(userId, password)],
];

test.each(waysOut)(
  '%s ends every socket of the user on every gateway, and the old token opens none',
  async (_, goOut) => {
    const [ann, bob] = [await east.person('ann'), await east.person('bob')];
    const roomId = await east.room(bob, ann);
    const second = await west.commands.accounts.login({ email: ann.email, password });
    const sockets = [
      await east.signIn(ann, roomId),
      await west.signIn(ann, roomId),
      await west.signIn({ ...ann, token: second.tokens.accessToken }),
    ];
    const other = await west.signIn(bob, roomId);
    await goOut(ann);
    expect(await Promise.all(sockets.map((socket) => socket.closed()))).toEqual([4202, 4202, 4202]);
    for (const { url } of [east, west]) {
      const again = await openClient(url);
      const answer = await again.ask('authenticate', { token: ann.token });
      expect(answer).toMatchObject({ type: 'error', payload: { code: 'AUTH_FAILED' } });
      again.close();
    }
    await other.settled();
    expect(other.closeCode()).toBeUndefined();
    other.close();
  },
);

test('who signs in again is not touched by a sign-out that comes late', async () => {
  const ann = await east.person('ann');
  const claims = await east.commands.accounts.authenticate(ann.token);
  const changed = await east.commands.accounts.changePassword(ann.userId, { currentPassword: password, newPassword });
  const socket = await west.signIn({ ...ann, token: changed.tokens.accessToken });
  await publishSignedOut(west.nats, { userId: ann.userId, sessionIds: [claims.sessionId] });
  await west.nats.flush();
  await socket.settled();
  expect(socket.closeCode()).toBeUndefined();
  socket.close();
});

test('of a sign-in and a sign-out at once no socket is left over, whichever was first', async () => {
  const attempts = Array.from({ length: 20 }, async (_, index) => {
    const ann = await east.person('ann');
    const socket = await openClient(west.url);
    const answer = socket.ask('authenticate', { token: ann.token });
    if (index % 2 === 1) await answer;
    await east.commands.accounts.logout(ann.userId);
    const { type } = await answer.catch(() => ({ type: 'cut' }));
    if (type !== 'error') await socket.closed();
    const outcome = type === 'error' ? 'refused' : socket.closeCode();
    expect(type === 'error' ? socket.of('authenticated') : []).toEqual([]);
    socket.close();
    return outcome;
  });
  for (const outcome of await Promise.all(attempts)) expect(['refused', 4202]).toContain(outcome);
});

test('a sign-out while NATS was away counts once it is back', async () => {
  const [ann, bob] = [await east.person('ann'), await east.person('bob')];
  const annSocket = await west.signIn(ann);
  const bobSocket = await west.signIn(bob);
  proxy.cut();
  await eventually(() => expect(proxy.connections).toBe(0));
  await east.commands.accounts.logout(ann.userId);
  expect(annSocket.closeCode()).toBeUndefined();
  proxy.resume();
  expect(await annSocket.closed(10_000)).toBe(4202);
  await bobSocket.settled();
  expect(bobSocket.closeCode()).toBeUndefined();
  bobSocket.close();
});

test('the past shows no name of a deleted account, be it from memory or from the log; what was said is there', async () => {
  const [ann, bob] = [await east.person('anna'), await east.person('bob')];
  const roomId = await east.room(bob);
  const start = await east.signIn(bob, roomId);
  const since = start.of('room:join')[0]?.payload;
  await east.commands.rooms.join(ann.userId, roomId);
  const { message } = await east.commands.messages.send({
    senderId: ann.userId,
    roomId,
    content: 'ahoy',
    type: 'TEXT',
  });
  const live = await start.next('message:saved', ({ payload }) => payload.message.id === message.id);
  expect(live.payload.message.sender.username).toBe(ann.username);
  await east.commands.accounts.remove(ann.userId, password);
  await east.commands.rooms.erase(roomId, ann.userId);
  for (const gateway of [east, west]) {
    await eventually(async () => expect(await gateway.commands.accounts.find(ann.userId)).toBeUndefined());
    const client = await gateway.signIn(bob);
    await client.ask('room:join', { roomId, since: since && 'position' in since ? since.position : undefined });
    expect(client.of('message:saved').map(({ payload }) => payload.message.content)).toEqual([
      'Deleted user joined the room',
      'ahoy',
    ]);
    expect(client.of('room:leave')).toMatchObject([{ payload: { userId: ann.userId, username: 'deleted-user' } }]);
    expect(JSON.stringify(client.frames)).not.toContain('anna');
    client.close();
  }
  start.close();
});
