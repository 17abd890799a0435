import { computed, signal } from '@preact/signals';

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

export type Tab = 'chat' | 'members' | 'log';

/** Where the person is, as the address says: `#/<room>` or `#/<room>/<tab>`; without a room the list. */
export const place = computed((): { readonly roomId: string | undefined; readonly tab: Tab } => {
  const [, roomId, tab] = /^#\/([0-9a-f-]{36})(?:\/(\w+))?$/.exec(hash.value) ?? [];
  return { roomId, tab: tab === 'members' || tab === 'log' ? tab : 'chat' };
});

export const go = (roomId?: string, tab: Tab = 'chat'): void => {
  location.hash = roomId === undefined ? '#/' : tab === 'chat' ? `#/${roomId}` : `#/${roomId}/${tab}`;
};
