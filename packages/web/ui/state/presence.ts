import { signal } from '@preact/signals';
import { chat } from './chat.ts';

/** Counts what was told about presence: whoever reads it is shown anew with each change. */
const changes = signal(0);
chat.on('presence', () => changes.value++);

/** Whether somebody is online now. */
export const online = (user: { readonly id: string; readonly isOnline: boolean }): boolean =>
  changes.value >= 0 && chat.isOnline(user);
