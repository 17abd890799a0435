/** The floor: nothing but uWebSockets' own publish. Frames from a client: `J<topic>` joins, `S<topic>|<frame>` publishes the frame. */
import { App, us_listen_socket_close, us_socket_local_port } from 'uWebSockets.js';

const app = App();
app.ws<Record<string, never>>('/*', {
  idleTimeout: 120,
  maxBackpressure: 64 * 1024 * 1024,
  upgrade: (res, req, context) => {
    const key = req.getHeader('sec-websocket-key');
    res.upgrade({}, key, '', '', context);
  },
  message: (ws, message) => {
    const text = Buffer.from(message).toString();
    if (text.startsWith('J')) {
      ws.subscribe(text.slice(1));
      ws.send('joined');
      return;
    }
    const bar = text.indexOf('|');
    app.publish(text.slice(1, bar), text.slice(bar + 1));
  },
});
app.listen('127.0.0.1', 0, (socket) => {
  if (socket === false) throw new Error('no port');
  process.on('SIGTERM', () => us_listen_socket_close(socket));
  process.stdout.write(`${us_socket_local_port(socket)}\n`);
});
