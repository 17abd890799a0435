import { user } from '../state/chat.ts';
import { notice } from '../state/notice.ts';
import { place } from '../state/place.ts';
import { current } from '../state/rooms.ts';
import { ConnectionState } from './connection.tsx';
import { RoomView } from './room.tsx';
import { Sidebar } from './sidebar.tsx';
import { SignIn } from './sign-in.tsx';
import { ThemeButton } from './theme.tsx';

const Notice = () => (
  <div class="notice" role="alert">
    {notice.value !== '' && (
      <p>
        {notice.value}
        <button type="button" class="quiet" aria-label="Dismiss" onClick={() => (notice.value = '')}>
          ✕
        </button>
      </p>
    )}
  </div>
);

const Place = () =>
  current.value === undefined ? (
    <section class="room empty">
      <p>Choose a room, or make a new one.</p>
    </section>
  ) : (
    <RoomView key={current.value.listed.id} listed={current.value.listed} opened={current.value.opened} />
  );

export const App = () => (
  <>
    <header class="bar">
      <h1>
        <a href="#/">KuraXX</a>
      </h1>
      {user.value !== undefined && <ConnectionState />}
      <ThemeButton />
    </header>
    <Notice />
    {user.value === undefined ? (
      <SignIn />
    ) : (
      <main class={place.value.roomId === undefined ? 'columns at-list' : 'columns at-room'}>
        <Sidebar />
        <Place />
      </main>
    )}
  </>
);
