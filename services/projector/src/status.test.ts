import { expect, test } from 'vitest';
import { announcementOf, initialStatus } from './status.ts';

const status = { ...initialStatus(), sequence: 7 };

test('only one that follows, or tries to, is heard', () => {
  expect(announcementOf({ ...status, phase: 'standby' }, 'e', 0)).toBeUndefined();
  expect(announcementOf({ ...status, phase: 'active' }, 'e', 0)).toEqual({ epoch: 'e', sequence: 7, stalled: false });
  expect(announcementOf({ ...status, phase: 'stalled' }, 'e', 0)).toEqual({ epoch: 'e', sequence: 7, stalled: true });
});

test('a batch that hangs counts as stalled', () => {
  const applying = { ...status, phase: 'active' as const, applyingSince: 1000 };
  expect(announcementOf(applying, 'e', 3000)?.stalled).toBe(false);
  expect(announcementOf(applying, 'e', 4001)?.stalled).toBe(true);
});
