import type { Bench } from '../bench.ts';
import type { Chat } from '../chat.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../report.ts';
import { measureFanOut } from './fan-out.ts';
import { measureGrowth } from './growth.ts';
import { measureMemory } from './memory.ts';
import { measureRebuild } from './rebuild.ts';
import { measureReplay } from './replay.ts';
import { measureRest } from './rest.ts';
import { measureResume } from './resume.ts';
import { measureSends } from './sends.ts';
import { measureStoppedReaders } from './stopped-readers.ts';
import { measureStorm } from './storm.ts';

export type Measure = (bench: Bench, plan: Plan) => Promise<Row[]>;

const inChat =
  (measure: (chat: Chat, plan: Plan) => Promise<Row[]>): Measure =>
  async (bench, plan) =>
    measure(await bench.chat(), plan);

/** In this order, one after the other. */
export const measures: Record<string, Measure> = {
  'fan-out': inChat(measureFanOut),
  sends: inChat(measureSends),
  memory: inChat(measureMemory),
  resume: inChat(measureResume),
  storm: inChat(measureStorm),
  'stopped-readers': inChat(measureStoppedReaders),
  rest: inChat(measureRest),
  growth: inChat(measureGrowth),
  rebuild: inChat(measureRebuild),
  replay: async (bench, plan) => measureReplay(await bench.stage(), plan),
};
