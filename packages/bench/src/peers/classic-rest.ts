/** The classic route: Express 5, zod and jsonwebtoken, one row inserted, one Redis publish, then the answer. */
import express from 'express';
import { Redis } from 'ioredis';
import jwt from 'jsonwebtoken';
import { Pool } from 'pg';
import { answerOf, claims, listenAndTell, sendBody } from './rest-parts.ts';

const secret = process.env['JWT_SECRET'] ?? '';
const redis = new Redis(process.env['REDIS_URL'] ?? '');
const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 10 });
await pool.query('create schema if not exists bench');
await pool.query(`create table if not exists bench.messages (
  id text primary key, room_id text not null, sender_id text not null, content text not null, created_at timestamptz not null)`);
await pool.query('create index if not exists messages_room on bench.messages (room_id, created_at desc)');

const app = express();
app.use(express.json());
app.post('/messages/send', async (request, response) => {
  const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
  const { userId } = claims.parse(jwt.verify(token, secret, { algorithms: ['HS256'] }));
  const answer = answerOf(userId, sendBody.parse(request.body));
  const { message } = answer.data;
  await pool.query('insert into bench.messages values ($1, $2, $3, $4, $5)', [
    message.id,
    message.roomId,
    message.senderId,
    message.content,
    message.createdAt,
  ]);
  await redis.publish('messages:saved', JSON.stringify({ channel: 'messages:saved', data: answer.data, timestamp: 0 }));
  response.status(201).json(answer);
});
listenAndTell(app);
