import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SignedIn } from '../index.ts';
import { type DoomedProcess, outcomes, password, startSystem, type TestSystem } from '../system.fixture.ts';
import { unfinishedDeletion } from './deletions.ts';
import { emailKey, usernameKey } from './names.ts';
import { unfinishedPassword } from './passwords.ts';

/** A process dies at each of its writes in turn, before and after it; the others are to find nothing half-done. */
let system: TestSystem;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.close());

const newPassword = 'fresh battery';
const agedBy = (ms: number): string => new Date(Date.now() - ms).toISOString();
const newNames = () => {
  const username = `u_${randomUUID().slice(0, 8)}`;
  return { email: `${username}@example.org`, username, password };
};

/**
 * Lets `work` be cut at its first write, then at its second, and so on until it comes to its end.
 *
 * @returns how many cuts there were
 */
const cutEverywhere = async (
  prepare: () => Promise<SignedIn | undefined>,
  work: (process: DoomedProcess, who: SignedIn | undefined) => Promise<unknown>,
  check: (who: SignedIn | undefined, where: string) => Promise<void>,
): Promise<number> => {
  let cuts = 0;
  for (let step = 1; ; step++) {
    let survived = false;
    for (const when of ['before', 'after'] as const) {
      const who = await prepare();
      const process = await system.doomed(step, when);
      await work(process, who).catch(() => undefined);
      survived = !process.hasDied();
      await process.close();
      if (survived) break;
      cuts += 1;
      await check(who, `${when} write ${step}`);
    }
    if (survived) return cuts;
  }
};

test('a registration: its names are free again, or it is done', async () => {
  let names = newNames();
  const cuts = await cutEverywhere(
    async () => {
      names = newNames();
      return undefined;
    },
    (process) => process.commands.accounts.register(names),
    async (_, where) => {
      for (const key of [emailKey(names.email), usernameKey(names.username)]) {
        const entry = await system.stores.names.get(key);
        // half a minute later
        if (entry !== undefined)
          await system.stores.names.update(key, { ...entry.value, at: agedBy(31_000) }, entry.revision);
      }
      const isDone = await system.commands.accounts.login(names).then(
        () => true,
        () => false,
      );
      expect(await outcomes([system.commands.accounts.register(names)]), where).toEqual([
        isDone ? 'AUTH_USER_EXISTS' : 'done',
      ]);
      const { account } = await system.commands.accounts.login(names);
      const holders = await Promise.all(
        [emailKey(names.email), usernameKey(names.username)].map((key) => system.stores.names.get(key)),
      );
      expect(holders.map((entry) => entry?.value.userId)).toEqual([account.userId, account.userId]);
    },
  );
  expect(cuts).toBeGreaterThan(6); // two names, credentials, the event, a session: before and after each
  const registered = (await system.stores.names.keys('username.*')).length;
  expect(await system.stores.credentials.keys('>')).toHaveLength(registered);
});

test('a new password: nothing has happened, or everybody is signed out and the new one counts', async () => {
  const cuts = await cutEverywhere(
    () => system.register(),
    (process, who) =>
      process.commands.accounts.changePassword(who?.account.userId ?? '', { currentPassword: password, newPassword }),
    async (who, where) => {
      if (who === undefined) throw new Error('nobody');
      const { email, tokens } = who;
      const { accounts } = system.commands;
      const isDone = await accounts.login({ email, password: newPassword }).then(
        () => true,
        () => false,
      );
      // refused from the first instant on, whoever finishes it
      const refreshed = await outcomes([accounts.refresh(tokens.refreshToken)]);
      expect(refreshed, where).toEqual([isDone ? 'AUTH_TOKEN_INVALID' : 'done']);
      await accounts.finishAll();
      const old = [accounts.login({ email, password }), accounts.authenticate(tokens.accessToken)];
      expect(await outcomes(old), where).toEqual(
        isDone ? ['AUTH_INVALID_CREDENTIALS', 'AUTH_TOKEN_INVALID'] : ['done', 'done'],
      );
      const again = await accounts.login({ email, password: isDone ? newPassword : password });
      await accounts.authenticate(again.tokens.accessToken);
      const key = unfinishedPassword(who.account.userId);
      if ((await system.stores.unfinished.get(key)) === undefined) return;
      await system.stores.unfinished.put(key, { at: agedBy(11_000) });
      await accounts.finishAll();
      expect(await system.stores.unfinished.get(key)).toBeUndefined();
    },
  );
  expect(cuts).toBeGreaterThan(6);
});

test('the end of an account: nothing has happened, or others bring it to its end, two at once', async () => {
  const other = await system.another();
  const [heir, friend] = [await system.register(), await system.register()];
  let rooms: string[] = [];
  const membersOf = async (roomId: string) => {
    const room = await system.commands.rooms.load(roomId);
    return room.status === 'open'
      ? Object.fromEntries([...room.members].map(([id, { role }]) => [id, role]))
      : room.status;
  };
  const cuts = await cutEverywhere(
    async () => {
      const who = await system.register();
      rooms = [
        await system.room(who, { members: [heir, friend] }),
        await system.room(heir, { members: [who] }),
        await system.room(who),
      ];
      return who;
    },
    (process, who) => process.commands.accounts.remove(who?.account.userId ?? '', password),
    async (who, where) => {
      if (who === undefined) throw new Error('nobody');
      const { email, account, tokens } = who;
      const { userId, username } = account;
      const key = unfinishedDeletion(userId);
      if ((await system.stores.unfinished.get(key)) === undefined) {
        expect(await outcomes([system.commands.accounts.login({ email, password })]), where).toEqual(['done']);
        return;
      }
      await Promise.all([system.commands.accounts.finishAll(), other.commands.accounts.finishAll()]);
      expect(await system.commands.accounts.find(userId), where).toBeUndefined();
      expect(await outcomes([system.commands.accounts.refresh(tokens.refreshToken)])).toEqual(['AUTH_TOKEN_INVALID']);
      expect(await system.stores.sessions.keys(`${userId}.>`)).toEqual([]);
      expect(await system.stores.credentials.get(userId)).toBeUndefined();
      expect(await Promise.all(rooms.map(membersOf)), where).toEqual([
        { [heir.account.userId]: 'OWNER', [friend.account.userId]: 'MEMBER' },
        { [heir.account.userId]: 'OWNER' },
        'deleted',
      ]);
      const next = await other.commands.accounts.register({ email, username, password });
      expect(next.account.userId).not.toBe(userId);
      // a minute later nothing is left to do
      await system.stores.unfinished.put(key, { at: agedBy(61_000) });
      await Promise.all([system.commands.accounts.finishAll(), other.commands.accounts.finishAll()]);
      expect(await system.stores.unfinished.get(key)).toBeUndefined();
      expect((await other.commands.accounts.login({ email, password })).account.userId).toBe(next.account.userId);
    },
  );
  expect(cuts).toBeGreaterThan(20);
  await other.close();
});

test('who was added to a room while the account was being deleted is found there later', async () => {
  const [owner, leaver] = [await system.register(), await system.register()];
  const { userId } = leaver.account;
  await system.commands.accounts.remove(userId, password);
  const roomId = await system.room(owner);
  // a process that had found the account still there, and was slow
  await system.log.append(
    { kind: 'room', roomId, aspect: 'meta' },
    {
      type: 'MemberAdded',
      data: { roomId, membershipId: randomUUID(), userId, role: 'MEMBER', by: owner.account.userId, at: '' },
    },
  );
  await system.stores.unfinished.put(unfinishedDeletion(userId), { at: agedBy(61_000) });
  await system.commands.accounts.finishAll();
  const room = await system.commands.rooms.load(roomId);
  expect(room.status === 'open' && [...room.members.keys()]).toEqual([owner.account.userId]);
  expect(await system.stores.unfinished.get(unfinishedDeletion(userId))).toBeDefined(); // something was found: look again
  await system.commands.accounts.finishAll();
  expect(await system.stores.unfinished.get(unfinishedDeletion(userId))).toBeUndefined();
});

test('while the read model is away an account ends all the same, and its rooms are left once it is back', async () => {
  const [owner, leaver] = [await system.register(), await system.register()];
  const { userId, username } = leaver.account;
  const roomId = await system.room(owner, { members: [leaver] });
  system.setReadModelAway(true);
  await system.commands.accounts.remove(userId, password);
  expect(await outcomes([system.commands.accounts.authenticate(leaver.tokens.accessToken)])).toEqual([
    'AUTH_UNAUTHORIZED',
  ]);
  await system.commands.accounts.register({ email: leaver.email, username, password });
  await system.commands.accounts.finishAll();
  const membersNow = async () => {
    const room = await system.commands.rooms.load(roomId);
    return room.status === 'open' ? [...room.members.keys()] : [];
  };
  expect(await membersNow()).toHaveLength(2);
  system.setReadModelAway(false);
  await system.commands.accounts.finishAll();
  expect(await membersNow()).toEqual([owner.account.userId]);
});
