import { randomUUID } from 'node:crypto';
import { eventually } from '@kuraxx/testing';
import { describe, expect, test } from 'vitest';
import { decodeRecord } from './codec.ts';
import { PositionConflict } from './errors.ts';
import {
  collect,
  filePurged,
  messageSent,
  registered,
  roomDeleted,
  roomSubject,
  sequencesOf,
} from './event.fixture.ts';
import type { EventLog, LogRecord, Subject } from './ports.ts';

/** What every log promises; run on the one in memory and on JetStream. */
export const logContract = (name: string, openLog: () => EventLog): void => {
  describe(name, () => {
    test('an appended event is read back as it was', async () => {
      const log = openLog();
      const userId = randomUUID();
      const { position, duplicate } = await log.append({ kind: 'account', userId }, registered(userId));
      expect(duplicate).toBe(false);
      const [record] = await collect(log.readSubject({ kind: 'account', userId }));
      expect(record?.position).toEqual(position);
      expect(record?.wireType).toBe('kuraxx.account.registered.v1');
      expect(record && decodeRecord(record)).toMatchObject(registered(userId));
    });

    test('the events of a file are read apart from those of its owner', async () => {
      const log = openLog();
      const [userId, fileId] = [randomUUID(), randomUUID()];
      const file: Subject = { kind: 'file', userId, fileId };
      const { position } = await log.append(file, filePurged(userId, fileId), { expectedSequence: 0 });
      expect(position.partition).toBe('accounts');
      await log.append({ kind: 'account', userId }, registered(userId), { expectedSequence: 0 });
      const [ofFile, ofAccount] = [
        await collect(log.readSubject(file)),
        await collect(log.readSubject({ kind: 'account', userId })),
      ];
      expect(ofFile.map(({ subject, type }) => ({ subject, type }))).toEqual([{ subject: file, type: 'FilePurged' }]);
      expect(ofAccount.map(({ type }) => type)).toEqual(['UserRegistered']);
    });

    test('the expected sequence is checked', async () => {
      const log = openLog();
      const roomId = randomUUID();
      const meta = roomSubject(roomId, 'meta');
      const { position } = await log.append(meta, roomDeleted(roomId), { expectedSequence: 0 });
      await expect(log.append(meta, roomDeleted(roomId), { expectedSequence: 0 })).rejects.toThrow(PositionConflict);
      await log.append(roomSubject(roomId, 'msg'), messageSent(roomId, 'no conflict across subjects'));
      await log.append(meta, roomDeleted(roomId), { expectedSequence: position.sequence });
      expect(await log.lastSequence(meta)).toBeGreaterThan(position.sequence);
    });

    test('of many writers with one expected sequence exactly one wins', async () => {
      const log = openLog();
      const roomId = randomUUID();
      const attempts = Array.from({ length: 20 }, () =>
        log.append(roomSubject(roomId, 'edit'), roomDeleted(roomId), { expectedSequence: 0 }),
      );
      const results = await Promise.allSettled(attempts);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    test('the same event id is stored once and answered with the first position', async () => {
      const log = openLog();
      const roomId = randomUUID();
      const eventId = randomUUID();
      const append = () => log.append(roomSubject(roomId, 'msg'), messageSent(roomId, 'once'), { eventId });
      const first = await append();
      const again = await append();
      expect(again).toEqual({ position: first.position, duplicate: true });
      expect(await collect(log.readSubject(roomSubject(roomId, 'msg')))).toHaveLength(1);
    });

    test('a room is read across its subjects, in order, within a range', async () => {
      const log = openLog();
      const roomId = randomUUID();
      const sequences: number[] = [];
      for (let index = 0; index < 60; index++) {
        const aspect = index % 5 === 0 ? 'edit' : 'msg';
        const { position } = await log.append(roomSubject(roomId, aspect), messageSent(roomId, `m${index}`));
        sequences.push(position.sequence);
        await log.append(roomSubject(randomUUID(), 'msg'), messageSent(roomId, 'noise'));
      }
      const read = async (after: number, upTo: number) =>
        sequencesOf(await collect(log.readRoom(roomId, { after, upTo })));
      const [first = 0] = sequences;
      const last = sequences.at(-1) ?? 0;
      expect(await read(0, last)).toEqual(sequences);
      expect(await read(first, last - 1)).toEqual(sequences.slice(1, -1));
      expect(await read(last, Number.MAX_SAFE_INTEGER)).toEqual([]);
      expect(await read(0, Number.MAX_SAFE_INTEGER)).toEqual(sequences);
      expect(sequencesOf(await collect(log.readSubject(roomSubject(roomId, 'edit'), first)))).toHaveLength(11);
    });

    test('a consumer gets a whole partition in order, old events and new ones', async () => {
      const log = openLog();
      const roomId = randomUUID();
      const partition = log.partitionOf(roomId);
      const after = await log.head(partition);
      const append = (content: string) => log.append(roomSubject(roomId, 'msg'), messageSent(roomId, content));
      await append('old');
      const seen: LogRecord[] = [];
      const consumption = await log.consume(partition, { after, maxBatch: 3 }, async (records) => {
        expect(records.length).toBeLessThanOrEqual(3);
        seen.push(...records);
      });
      for (let index = 0; index < 10; index++) await append(`new ${index}`);
      await eventually(() => expect(seen).toHaveLength(11));
      await consumption.stop();
      expect(sequencesOf(seen)).toEqual(Array.from({ length: 11 }, (_, index) => after + 1 + index));
    });

    test('a consumer whose handler throws says so', async () => {
      const log = openLog();
      const roomId = randomUUID();
      const partition = log.partitionOf(roomId);
      const consumption = await log.consume(partition, { after: await log.head(partition) }, () =>
        Promise.reject(new Error('no')),
      );
      await log.append(roomSubject(roomId, 'msg'), messageSent(roomId, 'x'));
      await expect(consumption.failed).rejects.toThrow('no');
      await consumption.stop();
    });

    test('a followed room brings each event once, in order, from where it was first followed', async () => {
      const log = openLog();
      const roomId = randomUUID();
      const append = (content: string) => log.append(roomSubject(roomId, 'msg'), messageSent(roomId, content));
      const before = await append('before');
      const seen: LogRecord[] = [];
      const feed = await log.followRoom(roomId, (record) => seen.push(record));
      expect(feed).toMatchObject({
        from: before.position.sequence,
        lastMessage: before.position.sequence,
        lastEdit: 0,
      });
      const appended = await Promise.all(Array.from({ length: 50 }, (_, index) => append(`m${index}`)));
      await log.append(roomSubject(randomUUID(), 'msg'), messageSent(roomId, 'noise'));
      await eventually(() => expect(seen).toHaveLength(50));
      const expected = appended.map(({ position }) => position.sequence).toSorted((a, b) => a - b);
      expect(sequencesOf(seen)).toEqual(expected);
      feed.stop();
      await append('after the stop');
      expect(seen).toHaveLength(50);
    });

    test('facts come with the sequence before them', async () => {
      const log = openLog();
      const userId = randomUUID();
      const seen: [number, number][] = [];
      const stop = await log.followFacts(
        (record, previous) => {
          if (record.subject.kind === 'account' && record.subject.userId === userId)
            seen.push([record.position.sequence, previous]);
        },
        () => undefined,
      );
      const first = (await log.append({ kind: 'account', userId }, registered(userId))).position.sequence;
      const second = (await log.append({ kind: 'account', userId }, registered(userId))).position.sequence;
      await eventually(() =>
        expect(seen).toEqual([
          [first, 0],
          [second, first],
        ]),
      );
      stop();
    });

    test('whoever has caught up has been told all facts that were stored before', async () => {
      const log = openLog();
      const seen = new Set<string>();
      const stop = await log.followFacts(
        ({ subject }) => {
          if (subject.kind === 'account') seen.add(subject.userId);
        },
        () => undefined,
      );
      const userIds = Array.from({ length: 50 }, () => randomUUID());
      for (const userId of userIds) {
        await log.append({ kind: 'account', userId }, registered(userId));
        await log.catchUp();
        expect(seen.has(userId)).toBe(true);
      }
      stop();
    });
  });
};
