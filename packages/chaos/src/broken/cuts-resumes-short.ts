import { type AppOptions, App as SoundApp, type TemplatedApp, type WebSocket } from 'uWebSockets.js';

export * from 'uWebSockets.js';

const textOf = (message: Parameters<WebSocket<unknown>['send']>[0]): string =>
  typeof message === 'string' ? message : Buffer.from(message as Uint8Array).toString();

/** Sends everything, but the last missed frame before the answer to a join. Live frames go another way: they are published. */
const cutShort = (socket: WebSocket<unknown>): void => {
  const send = socket.send.bind(socket);
  let held: (() => unknown) | undefined;
  socket.send = (message, ...how) => {
    const text = textOf(message);
    const isMissedFrame = text.includes('"position":') && text.includes('"prev":');
    const isAnswer = text.includes('"type":"room:join"') && text.includes('"success":true');
    if (!isAnswer) held?.();
    held = undefined;
    if (!isMissedFrame) return send(message, ...how);
    const copy = Buffer.from(text);
    held = () => send(copy, false);
    return 1;
  };
};

/** A WebSocket server whose resumes end one frame early. */
export const App = (options?: AppOptions): TemplatedApp => {
  const app = options === undefined ? SoundApp() : SoundApp(options); // an `undefined` ends the process
  const ws = app.ws.bind(app);
  app.ws = (pattern, behaviour) =>
    ws(pattern, {
      ...behaviour,
      open: (socket) => {
        cutShort(socket);
        return behaviour.open?.(socket);
      },
    });
  return app;
};
