import {
  type Account,
  type AccountEvent,
  decideAccount,
  evolveAccount,
  initialAccount,
  isAccountEvent,
} from '@kuraxx/domain';
import { decodeRecord, type EventLog, memoryEventLog, type Subject } from '@kuraxx/event-store';
import { type Arbitrary, array, assert, asyncProperty, boolean, constant, nat, oneof, record } from 'fast-check';
import { expect, test } from 'vitest';
import { createAggregates } from './aggregates.ts';

const at = '2031-02-03T04:05:06.789Z';
const userId = 'ann';
const subject: Subject = { kind: 'account', userId };

type Step =
  | { readonly kind: 'rename'; readonly by: number }
  | { readonly kind: 'race' }
  | { readonly kind: 'look'; readonly by: number }
  | { readonly kind: 'gap'; readonly by: number }
  | { readonly kind: 'hearing'; readonly by: number; readonly isDeaf: boolean };

const by = nat({ max: 1 });
const step: Arbitrary<Step> = oneof(
  record({ kind: constant('rename' as const), by }),
  record({ kind: constant('race' as const) }),
  record({ kind: constant('look' as const), by }),
  record({ kind: constant('gap' as const), by }),
  record({ kind: constant('hearing' as const), by, isDeaf: boolean() }),
);

const foldOf = async (log: EventLog): Promise<Account> => {
  let account = initialAccount();
  for await (const stored of log.readSubject(subject)) {
    const event = decodeRecord(stored);
    if (event !== undefined && isAccountEvent(event)) account = evolveAccount(account, event);
  }
  return account;
};

/** A process whose live feed can lose events, which the log doesn't promise to bring. */
const processOn = async (log: EventLog) => {
  const accounts = createAggregates<Account>(log, {
    subjectOf: () => subject,
    initial: initialAccount,
    evolve: (account, event) => (isAccountEvent(event) ? evolveAccount(account, event) : account),
    maxWeight: 10,
  });
  const ears = { areDeaf: false };
  await log.followFacts(
    (fact, previous) => {
      if (!ears.areDeaf) accounts.onFact(userId, fact, previous);
    },
    () => undefined,
  );
  return { accounts, ears };
};

test('whatever two processes do and whatever news they miss, no change is lost, and a fresh look shows what is stored', async () => {
  await assert(
    asyncProperty(array(step, { maxLength: 40 }), async (steps) => {
      const log = memoryEventLog();
      const registered: AccountEvent = {
        type: 'UserRegistered',
        data: { userId, username: userId, displayName: '', at },
      };
      await log.append(subject, registered, { expectedSequence: 0 });
      const processes = await Promise.all([processOn(log), processOn(log)]);
      let renames = 0;
      /** Each adds a letter to the name as it finds it: one that is lost is missed at the end. */
      const rename = async (who: number): Promise<void> => {
        renames++;
        await processes[who]?.accounts.execute(userId, (account) => {
          const displayName = `${account.status === 'registered' ? account.displayName : ''}x`;
          return decideAccount({ type: 'UpdateProfile', changes: { displayName }, at }, account);
        });
      };
      for (const next of steps) {
        const { accounts, ears } = processes['by' in next ? next.by : 0] ?? processes[0];
        if (next.kind === 'rename') await rename(next.by);
        else if (next.kind === 'race') await Promise.all([rename(0), rename(1), rename(0)]);
        else if (next.kind === 'look') expect((await accounts.loadFresh(userId)).state).toEqual(await foldOf(log));
        else if (next.kind === 'gap') accounts.forgetAll();
        else ears.areDeaf = next.isDeaf;
      }
      expect(await foldOf(log)).toMatchObject({ displayName: 'x'.repeat(renames) });
      for (const { accounts } of processes) {
        expect((await accounts.loadFresh(userId)).state).toEqual(await foldOf(log));
      }
    }),
    { numRuns: 100 },
  );
});
