import type { Room } from '@kuraxx/contracts';
import { useEffect } from 'preact/hooks';
import { user } from '../state/chat.ts';
import { attempt } from '../state/notice.ts';
import type { OpenRoom } from '../state/open-room.ts';
import { place, type Tab } from '../state/place.ts';
import { titleOf } from '../state/rooms.ts';
import { Composer } from './composer.tsx';
import { Log } from './log.tsx';
import { Members } from './members.tsx';
import { Messages } from './messages.tsx';

const statusTexts = { entering: 'Entering …', live: '', away: 'Cut off: messages wait here' } as const;

const tabs: readonly { readonly tab: Tab; readonly title: string; readonly forAdmins: boolean }[] = [
  { tab: 'chat', title: 'Chat', forAdmins: false },
  { tab: 'members', title: 'Members', forAdmins: false },
  { tab: 'log', title: 'Log', forAdmins: true },
];

/** One room: chat, members, and for its owner and admins the log. */
export const RoomView = ({ listed, opened }: { listed: Room; opened: OpenRoom }) => {
  const { roomId, tab } = place.value;
  const { status } = opened;
  useEffect(() => {
    const show = (): void => {
      if (!document.hidden) void attempt(() => opened.show());
    };
    show();
    document.addEventListener('visibilitychange', show);
    return () => {
      document.removeEventListener('visibilitychange', show);
      opened.hide();
    };
  }, [opened]);
  useEffect(() => {
    if (tab === 'members') void attempt(() => opened.loadMembers());
  }, [opened, tab]);
  const role = opened.members.value.find(({ userId }) => userId === user.value?.id)?.role;
  const isAdmin = role === 'OWNER' || role === 'ADMIN';
  return (
    <section class="room" aria-label={titleOf(listed)}>
      <header class="room-head">
        <a href="#/" class="back" aria-label="All rooms">
          ‹
        </a>
        <h2>{titleOf(listed)}</h2>
        <nav aria-label="Views of the room">
          {tabs
            .filter(({ forAdmins }) => isAdmin || !forAdmins)
            .map((one) => (
              <a
                key={one.tab}
                href={one.tab === 'chat' ? `#/${roomId}` : `#/${roomId}/${one.tab}`}
                aria-current={tab === one.tab ? 'page' : undefined}
              >
                {one.title}
              </a>
            ))}
        </nav>
      </header>
      <p class="room-status" role="status">
        {statusTexts[status.value]}
      </p>
      {tab === 'log' && isAdmin ? (
        <Log opened={opened} />
      ) : tab === 'members' ? (
        <Members listed={listed} opened={opened} role={role} />
      ) : (
        <>
          <Messages opened={opened} isAdmin={isAdmin} />
          <Composer opened={opened} />
        </>
      )}
    </section>
  );
};
