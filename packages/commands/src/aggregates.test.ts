import { type Account, type ChatEvent, evolveAccount, initialAccount, isAccountEvent, Refusal } from '@kuraxx/domain';
import { type EventLog, memoryEventLog, PositionConflict, type Subject, UnreadableEvent } from '@kuraxx/event-store';
import { expect, test } from 'vitest';
import { createAggregates } from './aggregates.ts';

const at = '2031-02-03T04:05:06.789Z';
const subject: Subject = { kind: 'account', userId: 'ann' };
const registered: ChatEvent = {
  type: 'UserRegistered',
  data: { userId: 'ann', username: 'ann', displayName: 'Ann', at },
};
const named = (displayName: string): ChatEvent => ({
  type: 'ProfileUpdated',
  data: { userId: 'ann', displayName, avatarUrl: null, at },
});

const counted = (log: EventLog): { log: EventLog; reads: () => number } => {
  let reads = 0;
  const readSubject: EventLog['readSubject'] = (...args) => {
    reads++;
    return log.readSubject(...args);
  };
  return { log: { ...log, readSubject }, reads: () => reads };
};
const accountsOn = (log: EventLog) =>
  createAggregates<Account>(log, {
    subjectOf: (userId) => ({ kind: 'account', userId }),
    initial: initialAccount,
    evolve: (account, event) => (isAccountEvent(event) ? evolveAccount(account, event) : account),
    maxWeight: 10,
  });
const nameOf = (account: Account): string => (account.status === 'registered' ? account.displayName : account.status);

test('many ask, one read', async () => {
  const { log, reads } = counted(memoryEventLog());
  await log.append(subject, registered);
  const accounts = accountsOn(log);
  const loaded = await Promise.all(Array.from({ length: 10 }, () => accounts.load('ann')));
  expect(new Set(loaded.map(({ state }) => nameOf(state)))).toEqual(new Set(['Ann']));
  await accounts.load('ann');
  expect(reads()).toBe(1);
});

test('own events are known at once, without another read', async () => {
  const { log, reads } = counted(memoryEventLog());
  const accounts = accountsOn(log);
  await accounts.execute('ann', () => registered);
  await accounts.execute('ann', () => named('Annie'));
  expect(nameOf((await accounts.load('ann')).state)).toBe('Annie');
  expect(reads()).toBe(1);
});

test('the live feed keeps what is known fresh; after a gap it is read again', async () => {
  const { log, reads } = counted(memoryEventLog());
  const accounts = accountsOn(log);
  await log.append(subject, registered);
  await accounts.load('ann');
  let isDeaf = false;
  await log.followFacts(
    (record, previous) => {
      if (!isDeaf) accounts.onFact('ann', record, previous);
    },
    () => undefined,
  );
  await log.append(subject, named('Annie'));
  expect(nameOf(accounts.peek('ann')?.state ?? initialAccount())).toBe('Annie');
  isDeaf = true;
  await log.append(subject, named('missed'));
  isDeaf = false;
  await log.append(subject, named('Anna'));
  expect(accounts.peek('ann')).toBeUndefined();
  expect(nameOf((await accounts.load('ann')).state)).toBe('Anna');
  expect(reads()).toBe(2);
});

test('a refusal counts only when nothing newer is stored', async () => {
  const log = memoryEventLog();
  const accounts = accountsOn(log);
  await accounts.load('ann'); // known as absent
  await log.append(subject, registered); // somewhere else; the news is still on its way
  const { decision } = await accounts.judge('ann', (account) => {
    if (account.status !== 'registered') throw new Refusal('AUTH_UNAUTHORIZED');
    return account.displayName;
  });
  expect(decision).toBe('Ann');
});

test('what was so once, and is not any more, is done again', async () => {
  const log = memoryEventLog();
  const accounts = accountsOn(log);
  await accounts.execute('ann', () => registered);
  await log.append(subject, named('Annie')); // somewhere else; the news is still on its way
  const { event } = await accounts.execute('ann', (account) => (nameOf(account) === 'Ann' ? undefined : named('Ann')));
  expect(event).toEqual(named('Ann'));
});

test('what others have changed meanwhile is decided on again', async () => {
  const log = memoryEventLog();
  const accounts = accountsOn(log);
  await accounts.execute('ann', () => registered);
  await log.append(subject, named('Annie'));
  const seen: string[] = [];
  const { state } = await accounts.execute('ann', (account) => {
    seen.push(nameOf(account));
    return named(`${nameOf(account)} B`);
  });
  expect(seen).toEqual(['Ann', 'Annie']);
  expect(nameOf(state)).toBe('Annie B');
});

test('who is always too late is told so', async () => {
  const log = memoryEventLog();
  const accounts = accountsOn({ ...log, append: () => Promise.reject(new PositionConflict('always')) });
  await expect(accounts.execute('ann', () => registered)).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('an event that comes while the history is read is not lost', async () => {
  const log = memoryEventLog();
  await log.append(subject, registered);
  const slow: EventLog = {
    ...log,
    readSubject: async function* (...args) {
      yield* log.readSubject(...args);
      if (args[1] === 0) await log.append(subject, named('Annie')); // after the end of what was read
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const accounts = accountsOn(slow);
  await log.followFacts(
    (record, previous) => accounts.onFact('ann', record, previous),
    () => undefined,
  );
  expect(nameOf((await accounts.load('ann')).state)).toBe('Annie');
});

test('a gap while the history is read starts it again', async () => {
  const { log, reads } = counted(memoryEventLog());
  await log.append(subject, registered);
  const accounts = accountsOn(log);
  const loading = accounts.load('ann');
  accounts.forgetAll();
  await loading;
  expect(reads()).toBe(2);
});

test('an event that this build can not read makes its own aggregate unusable, live too, and no other', async () => {
  const log = memoryEventLog();
  await log.append(subject, registered);
  await log.append({ kind: 'account', userId: 'bob' }, registered);
  let isSpoilt = false;
  const newer: EventLog = {
    ...log,
    readSubject: async function* (about, after) {
      for await (const record of log.readSubject(about, after)) {
        yield isSpoilt && about.kind === 'account' && about.userId === 'ann'
          ? { ...record, wireType: 'kuraxx.account.merged.v1' }
          : record;
      }
    },
  };
  const accounts = accountsOn(newer);
  await accounts.load('ann');
  isSpoilt = true;
  const { position } = await log.append(subject, named('Annie'));
  for await (const record of newer.readSubject(subject, position.sequence - 1)) {
    accounts.onFact('ann', record, position.sequence - 1); // must not throw: it is called by the feed
  }
  expect(accounts.peek('ann')).toBeUndefined();
  await expect(accounts.load('ann')).rejects.toThrow(UnreadableEvent);
  await expect(accounts.execute('ann', () => named('Anna'))).rejects.toThrow(UnreadableEvent);
  expect(nameOf((await accounts.load('bob')).state)).toBe('Ann');
});
