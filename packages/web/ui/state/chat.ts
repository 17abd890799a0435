import { browserOutbox, browserSession, createChat } from '@kuraxx/client';
import { signal } from '@preact/signals';

/** The api writes the gateway's address into the page; Vite's own server doesn't. */
const wsUrl = (): string => {
  const given = document.querySelector<HTMLMetaElement>('meta[name="kuraxx-ws-url"]')?.content ?? '';
  return given.startsWith('ws') ? given : `ws://${location.hostname}:3002`;
};

export const chat = createChat({
  apiUrl: location.origin,
  wsUrl: wsUrl(),
  session: browserSession(),
  outbox: browserOutbox(),
});

/** Who is signed in. */
export const user = signal(chat.user());
export const connection = signal(chat.connection());

chat.on('user', (event) => {
  user.value = event.user;
});
chat.on('connection', (event) => {
  connection.value = event.connection;
});
