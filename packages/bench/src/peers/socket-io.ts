/** socket.io with its Redis adapter, WebSocket only, nothing stored. Events: `join` (acknowledged), `send` (room, message). */
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

const url = process.env['REDIS_URL'] ?? '';
const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  adapter: createAdapter(new Redis(url), new Redis(url)),
});
io.on('connection', (socket) => {
  socket.on('join', async (room: string, done: () => void) => {
    await socket.join(room);
    done();
  });
  socket.on('send', (room: string, message: unknown) => {
    io.to(room).emit('message', message);
  });
});
http.listen(0, '127.0.0.1', () => {
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  process.stdout.write(`${address.port}\n`);
});
