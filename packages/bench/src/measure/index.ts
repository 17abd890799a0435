import type { Chat } from '../chat.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../report.ts';
import { measureResume, measureStorm } from './comeback.ts';
import { measureFanOut } from './fan-out.ts';
import { measureGrowth } from './growth.ts';
import { measureMemory } from './memory.ts';
import { measureRest } from './rest.ts';
import { measureSends } from './sends.ts';

export type Measure = (chat: Chat, plan: Plan) => Promise<Row[]>;

/** In this order, one after the other. */
export const measures: Record<string, Measure> = {
  'fan-out': measureFanOut,
  sends: measureSends,
  memory: measureMemory,
  resume: measureResume,
  storm: measureStorm,
  rest: measureRest,
  growth: measureGrowth,
};
