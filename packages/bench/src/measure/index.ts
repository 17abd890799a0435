import type { Chat } from '../chat.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../report.ts';
import { measureFanOut } from './fan-out.ts';

export type Measure = (chat: Chat, plan: Plan) => Promise<Row[]>;

/** In this order, one after the other. */
export const measures: Record<string, Measure> = {
  'fan-out': measureFanOut,
};
