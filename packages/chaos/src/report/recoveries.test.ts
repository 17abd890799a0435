import { expect, test } from 'vitest';
import type { Happening, Recorded } from '../history/records.ts';
import { recoveriesOf } from './recoveries.ts';

const at = (time: number, happening: Happening): Recorded => ({ n: time, at: time, ...happening });
const wants = (op: number, roomId: string): Recorded =>
  at(0, { type: 'write', op, userId: 'ann', write: { kind: 'send', roomId, tempId: `${op}`, content: '' } });
const answered = (op: number, askedAt: number, time: number, outcome: 'acknowledged' | 'unknown'): Recorded =>
  at(time, { type: 'attempt', op, over: 'rest 0', askedAt, outcome, said: '' });
const killed = (time: number, target: string): Recorded =>
  at(time, { type: 'faultBegun', fault: `kill ${time}`, target });

test('what was asked before a kill says nothing about it, and the slowest room counts', () => {
  const history = [
    wants(1, 'one'),
    wants(2, 'two'),
    killed(1000, 'nats-1'),
    answered(1, 900, 1100, 'acknowledged'),
    answered(1, 1100, 1500, 'unknown'),
    answered(1, 2000, 2200, 'acknowledged'),
    answered(2, 1000, 6000, 'acknowledged'),
  ];
  expect(recoveriesOf(history)).toEqual([{ target: 'nats-1', acceptedAfterMs: 5000 }]);
});

test('kills at once are one, and a room that takes nothing any more is told', () => {
  const history = [
    wants(1, 'one'),
    killed(1000, 'nats-2'),
    killed(1010, 'api-2'),
    answered(1, 900, 1100, 'acknowledged'),
  ];
  expect(recoveriesOf(history)).toEqual([{ target: 'nats-2, api-2', acceptedAfterMs: undefined }]);
});
