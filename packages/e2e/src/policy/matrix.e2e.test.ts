import { clientFrames, errorTable, type FrameErrorCode, type ServerFrame } from '@kuraxx/contracts';
import { type Operation, operations, type Standing, standings, type Verdict, verdictOf } from '@kuraxx/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endpoints } from '../endpoints.fixture.ts';
import { openSignedIn, openSocket, type Socket } from '../socket.fixture.ts';
import { type System, startTestSystem } from '../system.fixture.ts';
import { type FrameCase, frameCases } from './frame-cases.ts';
import { heardCases } from './heard-cases.ts';
import { checkBody, sendRest, successStatus } from './rest.fixture.ts';
import { type RestCase, restCases } from './rest-cases.ts';
import { type Cast, createCast, createScene, type Scene, type SceneOptions } from './scene.fixture.ts';
import { handled, openInRoom } from './socket.fixture.ts';

let system: System;
let cast: Cast;

beforeAll(async () => {
  system = await startTestSystem();
  cast = await createCast(system.apiUrl);
}, 300_000);

afterAll(() => system?.stop());

type Cell = { readonly standing: Standing; readonly verdict: Exclude<Verdict, 'impossible'> };

/** A cell for each column of the row; what nobody can stand in is left out (the domain's laws say why). */
const cellsOf = <C extends { readonly operation: Operation }>(one: C): (C & Cell)[] =>
  standings.flatMap((standing) => {
    const verdict = verdictOf(one.operation, standing);
    return verdict === 'impossible' ? [] : [{ ...one, standing, verdict }];
  });

const restCasesOf: ReadonlyMap<string, readonly RestCase[]> = new Map(
  Object.entries(restCases).flatMap(([area, ofArea]) =>
    Object.entries<readonly RestCase[]>(ofArea).map(([name, cases]) => [`${area}.${name}`, cases] as const),
  ),
);
const framesOf: readonly (FrameCase & { type: string })[] = Object.entries(frameCases).flatMap(([type, cases]) =>
  cases.map((one) => ({ ...one, type })),
);
const restCells = endpoints.flatMap(({ name, route }) =>
  (restCasesOf.get(name) ?? []).flatMap((one) => cellsOf({ ...one, name, route })),
);

describe('the matrix is whole', () => {
  test('every endpoint of the contract has a case', () => {
    expect([...restCasesOf.keys()].toSorted()).toEqual(endpoints.map(({ name }) => name).toSorted());
  });
  test('every frame that clients may send has a case', () => {
    expect(Object.keys(frameCases).toSorted()).toEqual(Object.keys(clientFrames).toSorted());
  });
  test('every operation of the policy is asked for', () => {
    const asked = [...restCells, ...framesOf, ...heardCases].map(({ operation }) => operation);
    expect([...new Set(asked)].toSorted()).toEqual([...operations].toSorted());
  });
});

const scenes = new Map<string, Promise<Scene>>();

/** What is refused changes nothing: the next one to be refused finds the same scene. */
const sceneFor = ({ standing, verdict, room, strangerLeft, freshCaller }: Cell & SceneOptions): Promise<Scene> => {
  const options = { room, strangerLeft, freshCaller };
  if (verdict === 'allowed') return createScene(cast, standing, options);
  const key = JSON.stringify([standing, options]);
  const scene = scenes.get(key) ?? createScene(cast, standing, options);
  scenes.set(key, scene);
  return scene;
};

describe.concurrent('REST', () => {
  test.for(restCells)('$name: $operation, $standing: $verdict', async (cell, { expect }) => {
    const { verdict, route } = cell;
    const scene = await sceneFor(cell);
    const answer = await sendRest(system.apiUrl, route, await cell.request(scene), scene.caller?.token);
    const text = JSON.stringify(answer.body);
    await checkBody(route, answer);
    if (verdict === 'allowed' || verdict === 'nothing') {
      expect(answer.status, text).toBe(successStatus(route));
      expect(cell.shows?.(text, scene) ?? true).toBe(verdict === 'allowed');
      return;
    }
    expect(answer, text).toMatchObject({ status: statusOf(verdict), body: { error: { code: verdict } } });
    expect(text).not.toContain(scene.secret);
  });
});

const statusOf = (code: keyof typeof errorTable): number => errorTable[code].status;

/** What the gateway calls the refusals that frames can meet. */
const frameCodes: Partial<Record<Verdict, FrameErrorCode>> = {
  AUTH_UNAUTHORIZED: 'NOT_AUTHENTICATED',
  AUTH_TOKEN_INVALID: 'AUTH_FAILED',
  ROOM_ACCESS_DENIED: 'NOT_IN_ROOM',
};

/** The caller's socket, and that of another member, who witnesses what the room is told. */
const stage = async (one: Pick<FrameCase, 'signedIn' | 'joined'>, standing: Standing, options: object = {}) => {
  let own: Socket | undefined;
  const scene = await createScene(cast, standing, options, async (caller, roomId) => {
    if (one.joined) own = await openInRoom(system.wsUrl, caller, roomId);
  });
  const isNobody = scene.caller === undefined || !one.signedIn;
  own ??= await (isNobody ? openSocket(system.wsUrl) : openSignedIn(system.wsUrl, scene.caller.token));
  const witness = await openInRoom(system.wsUrl, cast.otherMember, scene.roomId);
  return { scene, own, witness };
};

/** Everything that was told to the room before has reached the witness. */
const settled = async ({ scene, own, witness }: { scene: Scene; own: Socket; witness: Socket }): Promise<void> => {
  await handled(own);
  const last = { roomId: scene.roomId, content: 'over', tempId: 'over' };
  witness.send('message:new', last);
  await witness.next('message:saved', (frame) => frame.payload.tempId === 'over');
  await handled(own);
};

describe.concurrent('WebSocket', () => {
  test.for(framesOf.flatMap(cellsOf))('$type: $operation, $standing: $verdict', async (cell, { expect }) => {
    const { standing, verdict, type, shown } = cell;
    const { scene, own, witness } = await stage(cell, standing, cell);
    const isShown = (): boolean => {
      const frames: readonly ServerFrame[] = shown.to === 'caller' ? own.frames : witness.frames;
      return frames.some((frame) => shown.by(frame, scene));
    };
    const errors = (): string[] =>
      own.frames.flatMap((frame) =>
        frame.type === 'error' && frame.requestId === 'asked' ? [frame.payload.code] : [],
      );
    const isRefused = verdict !== 'allowed' && verdict !== 'nothing';
    own.send(type, cell.payload(scene), 'asked');
    // what is appended goes on beside the socket's other frames, and may come after what others send later
    if (verdict === 'allowed') await expect.poll(isShown, { timeout: 20_000 }).toBe(true);
    if (isRefused) await expect.poll(errors, { timeout: 20_000 }).toHaveLength(1);
    await settled({ scene, own, witness });
    expect(isShown()).toBe(verdict === 'allowed');
    expect(errors()).toEqual(isRefused ? [frameCodes[verdict]] : []);
    if (verdict !== 'allowed') expect(JSON.stringify(own.frames)).not.toContain('over');
    own.close();
    witness.close();
  });
});

describe.concurrent('what is heard live', () => {
  test.for(heardCases.flatMap(cellsOf))('$what, $standing: $verdict', async (cell, { expect }) => {
    const { scene, own, witness } = await stage({ signedIn: true, joined: true }, cell.standing);
    const isIt = await cell.happens(scene, system.wsUrl);
    await expect.poll(() => witness.frames.some(isIt), { timeout: 20_000 }).toBe(true);
    await settled({ scene, own, witness });
    expect(own.frames.some(isIt)).toBe(cell.verdict === 'allowed');
    own.close();
    witness.close();
  });
});
