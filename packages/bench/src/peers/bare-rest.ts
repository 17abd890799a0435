/** The floor of a REST send: Express 5, zod and jsonwebtoken, nothing stored. */
import express from 'express';
import jwt from 'jsonwebtoken';
import { answerOf, claims, listenAndTell, sendBody } from './rest-parts.ts';

const secret = process.env['JWT_SECRET'] ?? '';
const app = express();
app.use(express.json());
app.post('/messages/send', (request, response) => {
  const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
  const { userId } = claims.parse(jwt.verify(token, secret, { algorithms: ['HS256'] }));
  response.status(201).json(answerOf(userId, sendBody.parse(request.body)));
});
listenAndTell(app);
