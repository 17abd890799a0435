/** The hand-made stack: `ws` with Redis Pub/Sub between sender and receivers, nothing stored. The same frames as raw-uws. */
import { Redis } from 'ioredis';
import { type WebSocket, WebSocketServer } from 'ws';

const url = process.env['REDIS_URL'] ?? '';
const publisher = new Redis(url);
const subscriber = new Redis(url);
const rooms = new Map<string, Set<WebSocket>>();
subscriber.on('message', (room, frame) => {
  for (const socket of rooms.get(room) ?? []) socket.send(frame);
});

const join = async (room: string, socket: WebSocket): Promise<void> => {
  let sockets = rooms.get(room);
  if (sockets === undefined) {
    sockets = new Set();
    rooms.set(room, sockets);
    await subscriber.subscribe(room);
  }
  sockets.add(socket);
  socket.on('close', () => rooms.get(room)?.delete(socket));
  socket.send('joined');
};

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  process.stdout.write(`${address.port}\n`);
});
server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const text = Buffer.isBuffer(data) ? data.toString() : ''; // the default binaryType gives nothing else
    if (text.startsWith('J')) {
      void join(text.slice(1), socket);
      return;
    }
    const bar = text.indexOf('|');
    void publisher.publish(text.slice(1, bar), text.slice(bar + 1));
  });
});
