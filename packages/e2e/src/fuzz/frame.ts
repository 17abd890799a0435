import { clientFrames, maxFrameBytes } from '@kuraxx/contracts';
import { type Arbitrary, array, constantFrom, integer, oneof, record, string } from 'fast-check';
import { junkValue, nastyTexts } from './junk.ts';
import { type BytesMutation, bytesMutation, mutateBytes } from './mutate-bytes.ts';
import { type JsonMutation, jsonMutation, mutateJson } from './mutate-json.ts';
import { deep, fillIn, long, type World } from './placeholders.ts';
import { few } from './rest-target.ts';
import { validValue } from './valid-value.ts';

/** A text or binary message as it is generated: still with placeholders. */
export type Frame = {
  readonly value: unknown;
  readonly mutations: readonly JsonMutation[];
  /** Over the encoded text. */
  readonly noise: readonly BytesMutation[];
  readonly isBinary: boolean;
  /** Sent in so many parts. */
  readonly parts: number;
};

const transport = {
  isBinary: oneof({ weight: 9, arbitrary: constantFrom(false) }, constantFrom(true)),
  parts: oneof({ weight: 9, arbitrary: constantFrom(1) }, integer({ min: 2, max: 5 })),
};

const rarely = oneof(
  { weight: 6, arbitrary: constantFrom<BytesMutation[]>([]) },
  { weight: 1, arbitrary: array(bytesMutation, { minLength: 1, maxLength: 2 }) },
);

const knownFrames = Object.entries(clientFrames).map(([type, schema]): Arbitrary<Frame> => {
  // nobody is signed out by chance in each third frame: the rest would be refused unseen
  const mutations = type === 'authenticate' ? array(jsonMutation, { minLength: 1, maxLength: 2 }) : few(jsonMutation);
  return record({ value: validValue(schema), mutations, noise: rarely, ...transport });
});

const otherTypes = [
  '',
  'ping',
  'message:saved',
  'error',
  '__proto__',
  'constructor',
  'toString',
  'AUTHENTICATE',
  ...nastyTexts,
];
const unknownFrames: Arbitrary<Frame> = record({
  value: record({
    type: constantFrom<unknown>(...otherTypes, 1, null, [], {}),
    payload: junkValue,
    requestId: junkValue,
  }),
  mutations: constantFrom([]),
  noise: rarely,
  ...transport,
});
const noFrames: Arbitrary<Frame> = record({
  value: oneof(junkValue, constantFrom(long(30_000), deep(20_000), deep(100))),
  mutations: constantFrom([]),
  noise: rarely,
  ...transport,
});
const bareText: Arbitrary<Frame> = record({
  value: oneof(string({ unit: 'grapheme', maxLength: 40 }), constantFrom('{', '[', '"', '{"type":', '{}{}', '\u2028')),
  mutations: constantFrom([]),
  noise: constantFrom([]),
  isBinary: constantFrom(true),
  parts: constantFrom(1),
});

/** Frames of every type that clients may send, most of them a little or very wrong, and others. */
export const frame: Arbitrary<Frame> = oneof(
  ...knownFrames.map((arbitrary) => ({ weight: 4, arbitrary })),
  { weight: 2, arbitrary: unknownFrames },
  { weight: 2, arbitrary: noFrames },
  { weight: 1, arbitrary: bareText },
);

/** The bytes of a frame's message. What is no UTF-8 is sent as binary, which is read as text: a text frame must be UTF-8. */
export const renderFrame = (one: Frame, world: World): { readonly bytes: Buffer; readonly isBinary: boolean } => {
  const json = JSON.stringify(one.mutations.reduce(mutateJson, one.value)) ?? 'undefined';
  const whole = one.noise.reduce(mutateBytes, Buffer.from(fillIn(json, world)));
  const bytes = Buffer.from(whole.subarray(0, maxFrameBytes)); // a longer one is for fuzz-protocol.ts
  const isText = Buffer.from(bytes.toString()).equals(bytes);
  return { bytes, isBinary: one.isBinary || !isText };
};
