import { Unavailable } from '@kuraxx/event-store';
import { expect, test } from 'vitest';
import { answerWrite, ifAvailable } from './api.ts';

const position = { epoch: 'e', partition: 1, sequence: 7 };
const api = (shown: boolean) => ({
  freshness: {
    written: async () => shown,
    room: async () => undefined,
    accounts: async () => undefined,
    everything: async () => undefined,
  },
});
const wait = { respondAsync: false };
const stored = async (): Promise<string | undefined> => 'read back';
const decided = async (): Promise<string> => 'from the command';
const away = async (): Promise<string | undefined> => {
  throw new Unavailable('Postgres is away');
};

test('a write that the read models show is read back', async () => {
  expect(await answerWrite(api(true), wait, position, stored, decided)).toBe('read back');
});

test('a command that changed nothing is answered from the read models', async () => {
  expect(await answerWrite(api(false), wait, undefined, stored, decided)).toBe('read back');
});

test.each([
  ['the read models are late', api(false), wait, stored],
  ['the client does not want to wait', api(true), { respondAsync: true }, stored],
  ['the read models are away', api(true), wait, away],
  ['somebody else has deleted it since', api(true), wait, async (): Promise<string | undefined> => undefined],
] as const)('when %s the command itself is the answer', async (_when, some, call, readBack) => {
  expect(await answerWrite<string | undefined>(some, call, position, readBack, decided)).toBe('from the command');
});

test('an outage can be done without, a bug can not', async () => {
  expect(await ifAvailable(away())).toBeUndefined();
  await expect(ifAvailable(Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
});
