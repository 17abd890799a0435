import { v7 } from 'uuid';
import { type Chat, inParallel } from '../chat.ts';
import { contentBytes } from '../load/dialects.ts';
import { contentOf } from '../load/marker.ts';
import { openRawHttp } from '../load/raw-http.ts';
import { startPeer } from '../peers/peer-process.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../report.ts';
import { median } from '../statistics.ts';

/** `POST /messages/send` on kept connections, one request at a time on each. */
export const measureRest = async (chat: Chat, plan: Plan): Promise<Row[]> => {
  const { connections, rounds, seconds } = plan.rest;
  const users = chat.users.slice(0, connections);
  const rooms = await inParallel(users, (user) => chat.openRoom([user]));
  let number = 0;

  /** @returns answers per second; @throws {Error} on any status but 201 */
  const rate = async (address: string, extraHeaders: string): Promise<number> => {
    await chat.quiet();
    const clients = await Promise.all(users.map(() => openRawHttp(address)));
    const begun = performance.now();
    const endAt = begun + seconds * 1000;
    let done = 0;
    await Promise.all(
      clients.map(async (client, index) => {
        const headers = `Authorization: Bearer ${users[index]?.token ?? ''}\r\n${extraHeaders}`;
        while (performance.now() < endAt) {
          const content = contentOf(number++, contentBytes);
          const body = JSON.stringify({ roomId: rooms[index], content, tempId: v7() });
          const status = await client.post('/messages/send', headers, body);
          if (status !== 201) throw new Error(`a send was answered with ${status}`);
          done += 1;
        }
      }),
    );
    for (const client of clients) client.close();
    return done / ((performance.now() - begun) / 1000);
  };

  const { apiUrl, databaseUrl, redisUrl } = chat.system;
  const env = { JWT_SECRET: chat.jwtSecret, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl };
  const bare = await startPeer('bare-rest', env);
  const classic = await startPeer('classic-rest', env);
  const samples: Record<'respondAsync' | 'waiting' | 'bare' | 'classic', number[]> = {
    respondAsync: [],
    waiting: [],
    bare: [],
    classic: [],
  };
  for (let round = 0; round < rounds; round++) {
    plan.progress(`POST /messages/send, round ${round + 1} of ${rounds}`);
    samples.respondAsync.push(await rate(apiUrl, 'Prefer: respond-async\r\n'));
    samples.waiting.push(await rate(apiUrl, ''));
    samples.bare.push(await rate(`http://127.0.0.1:${bare.port}`, ''));
    samples.classic.push(await rate(`http://127.0.0.1:${classic.port}`, ''));
  }
  await Promise.all([bare.stop(), classic.stop()]);
  return [
    {
      figure: `POST /messages/send, ${connections} at once, respond-async`,
      ours: median(samples.respondAsync),
      unit: '/s',
      against: [{ what: 'bare Express 5, zod, jsonwebtoken', value: median(samples.bare), goal: { atLeast: 0.6 } }],
    },
    {
      figure: `POST /messages/send, ${connections} at once, waits for its row`,
      ours: median(samples.waiting),
      unit: '/s',
      against: [{ what: 'row insert + Redis publish', value: median(samples.classic), goal: { atLeast: 1 } }],
    },
  ];
};
