import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { errorBody } from '@kuraxx/contracts';
import { expect, test } from 'vitest';
import { answersToMalformed } from './malformed.ts';

const listening = async (lingerMs?: number) => {
  const server = createServer().on('clientError', answersToMalformed(lingerMs));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { server, port: address.port };
};

/** Everything the server says until it ends its side. A connection that is reset rejects. */
const answerTo = async (socket: Socket): Promise<string> => {
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece)).resume();
  await once(socket, 'end');
  return Buffer.concat(pieces).toString();
};

test('a target of 6 MB is answered, also to a client that reads only after all is sent', async () => {
  const { server, port } = await listening();
  for (let round = 0; round < 10; round += 1) {
    const socket = connect(port, '127.0.0.1').pause();
    await new Promise((sent) => socket.write(`GET /?0=${'x'.repeat(6_000_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, sent));
    const answer = await answerTo(socket);
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
    expect(errorBody.parse(JSON.parse(answer.slice(answer.indexOf('{')))).error.code).toBe('VALIDATION_ERROR');
  }
  server.close();
  await once(server, 'close');
});

test('a client that never stops sending has its answer once, and is cut', async () => {
  const { server, port } = await listening(300);
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const closed = new Promise((resolve) => socket.once('error', () => {}).once('close', resolve));
  const sending = setInterval(() => socket.write('x'.repeat(50_000)), 5);
  const answer = await answerTo(socket);
  expect(answer.match(/HTTP\/1.1 400 /g)).toHaveLength(1);
  await closed;
  clearInterval(sending);
  server.close();
  await once(server, 'close');
});
