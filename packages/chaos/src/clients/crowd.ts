import { setTimeout as delay } from 'node:timers/promises';
import type { Happening } from '../history/records.ts';
import type { Plan } from '../plan/plan.ts';
import { type Consumer, createConsumer } from './consumer.ts';
import { createDevice, type Device } from './device.ts';
import { createPeople, createRooms, type Person } from './people.ts';
import { createWriter } from './writer.ts';

/** Everybody who uses the system. */
export type Crowd = {
  readonly people: readonly Person[];
  readonly roomIds: readonly string[];
  readonly devices: readonly Device[];
  readonly consumers: readonly Consumer[];
  /** Carries the plan out; resolves when everybody has come to an end. */
  act(): Promise<void>;
  /** Everybody says a last word in each room. */
  sayFarewell(): Promise<void>;
  stop(): Promise<void>;
};

type Places = {
  readonly apiUrls: readonly string[];
  readonly wsUrls: readonly string[];
  readonly redisUrls: readonly { readonly consumer: string; readonly url: string }[];
};

/** Who is further behind their plan than this leaves things out: after an outage nobody catches up with a storm. */
const maxLateMs = 4000;

export const gatherCrowd = async (
  plan: Plan,
  { apiUrls, wsUrls, redisUrls }: Places,
  record: (happening: Happening) => void,
): Promise<Crowd> => {
  const { shape } = plan;
  const consumers = await Promise.all(redisUrls.map(({ consumer, url }) => createConsumer(consumer, url, record)));
  const people = await createPeople(apiUrls, shape.users, record);
  const roomIds = await createRooms(people, shape.rooms);
  let conns = 0;
  let ops = 0;
  const devices = plan.devices.flatMap((own, number): Device[] => {
    const person = people[own.user];
    if (person === undefined) return [];
    const { userId, token } = person;
    return [createDevice({ number, userId, token, plan: own, wsUrls, roomIds, record, nextConn: () => ++conns })];
  });
  const writers = people.map((person) =>
    createWriter({
      person,
      people,
      roomIds,
      devices: devices.filter(({ userId }) => userId === person.userId),
      record,
      nextOp: () => ++ops,
    }),
  );
  const stopping = new AbortController();
  const pause = (ms: number): Promise<void> =>
    delay(Math.max(0, ms), undefined, { signal: stopping.signal }).catch(() => undefined);

  return {
    people,
    roomIds,
    devices,
    consumers,
    act: async () => {
      const startedAt = Date.now();
      const follow = async <S extends { readonly atMs: number }>(
        steps: readonly S[],
        perform: (step: S) => Promise<void> | void,
      ): Promise<void> => {
        for (const step of steps) {
          await pause(startedAt + step.atMs - Date.now());
          if (stopping.signal.aborted) return;
          if (Date.now() - startedAt - step.atMs < maxLateMs) await perform(step);
        }
      };
      await Promise.all([
        ...plan.steps.map((steps, user) => follow(steps, async (step) => writers[user]?.perform(step))),
        ...plan.devices.map((own, index) => follow(own.steps, (step) => devices[index]?.perform(step))),
      ]);
    },
    sayFarewell: async () => {
      await Promise.all(
        writers.map(async (writer) => {
          for (const roomId of roomIds) await writer.sayFarewell(roomId);
        }),
      );
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(devices.map((device) => device.stop()));
      for (const consumer of consumers) consumer.close();
    },
  };
};
