import { useSignal } from '@preact/signals';
import { chat, user } from '../state/chat.ts';
import { attempt } from '../state/notice.ts';
import { place } from '../state/place.ts';
import { discover, discovered, joinRoom, loadRooms, opened, rooms, titleOf } from '../state/rooms.ts';
import { JoinDialog, NewRoomDialog } from './room-dialogs.tsx';

const OwnRooms = () => (
  <ul class="rooms">
    {rooms.value.map((room) => {
      const unread = opened(room.id).unread.value;
      return (
        <li key={room.id}>
          <a href={`#/${room.id}`} aria-current={place.value.roomId === room.id ? 'page' : undefined}>
            <span class="name">{titleOf(room)}</span>
            {room.type === 'PRIVATE' && <span class="badge">private</span>}
            {unread > 0 && (
              <span class="badge unread">
                {unread}
                <span class="sr-only"> unread</span>
              </span>
            )}
          </a>
        </li>
      );
    })}
  </ul>
);

const PublicRooms = () => (
  <section aria-labelledby="discover">
    <h2 id="discover">Discover</h2>
    <ul class="rooms">
      {discovered.value.map((room) => (
        <li key={room.id} class="discovered">
          <span class="name">{titleOf(room)}</span>
          <span class="count">
            {room._count.members} {room._count.members === 1 ? 'member' : 'members'}
          </span>
          <button
            type="button"
            aria-label={`Join ${titleOf(room)}`}
            onClick={() => void attempt(() => joinRoom(room.id))}
          >
            Join
          </button>
        </li>
      ))}
    </ul>
    {discovered.value.length === 0 && <p class="hint">No other public rooms.</p>}
  </section>
);

/** The person's rooms, those that they could join, and who they are. */
export const Sidebar = () => {
  const dialog = useSignal<'new' | 'join' | undefined>(undefined);
  const close = (): void => {
    dialog.value = undefined;
  };
  return (
    <nav class="sidebar" aria-label="Rooms">
      <section aria-labelledby="own-rooms">
        <h2 id="own-rooms">Your rooms</h2>
        <OwnRooms />
        {rooms.value.length === 0 && <p class="hint">You are in no room yet.</p>}
        <p class="buttons">
          <button type="button" onClick={() => (dialog.value = 'new')}>
            New room
          </button>
          <button type="button" class="quiet" onClick={() => (dialog.value = 'join')}>
            Join by id
          </button>
          <button
            type="button"
            class="quiet"
            onClick={() => void attempt(() => Promise.all([loadRooms(), discover()]))}
          >
            Refresh
          </button>
        </p>
      </section>
      <PublicRooms />
      <p class="who">
        <span>
          Signed in as <strong>{user.value?.username}</strong>
        </span>
        <button type="button" class="quiet" onClick={() => void attempt(() => chat.signOut())}>
          Sign out
        </button>
      </p>
      {dialog.value === 'new' && <NewRoomDialog close={close} />}
      {dialog.value === 'join' && <JoinDialog close={close} />}
    </nav>
  );
};
