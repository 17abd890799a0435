import { type Arbitrary, constantFrom, nat, record } from 'fast-check';
import { junkText, junkValue } from './junk.ts';

/** One change to a JSON value, somewhere in it. */
export type JsonMutation = {
  readonly kind: 'replace' | 'drop' | 'rename' | 'add' | 'wrap' | 'repeat';
  /** Which of the value's parts, counted through; walked round. */
  readonly at: number;
  readonly name: string;
  readonly value: unknown;
};

export const jsonMutation: Arbitrary<JsonMutation> = record({
  kind: constantFrom('replace', 'replace', 'replace', 'drop', 'rename', 'add', 'wrap', 'repeat'),
  at: nat(30),
  name: junkText,
  value: junkValue,
});

type Path = readonly (string | number)[];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const pathsIn = (value: unknown, path: Path = []): Path[] => {
  if (Array.isArray(value)) return [path, ...value.flatMap((one, index) => pathsIn(one, [...path, index]))];
  if (!isObject(value)) return [path];
  return [path, ...Object.entries(value).flatMap(([key, one]) => pathsIn(one, [...path, key]))];
};

/** A copy with the part at `path` changed; `undefined` from `change` drops it, two parts put both there. */
const changeAt = (
  value: unknown,
  path: Path,
  change: (part: unknown, key: string) => readonly (readonly [string, unknown])[],
): unknown => {
  const [step, ...rest] = path;
  if (step === undefined) return change(value, '')[0]?.[1];
  const inside = (part: unknown, key: string) =>
    rest.length === 0 ? change(part, key) : [[key, changeAt(part, rest, change)] as const];
  if (Array.isArray(value)) {
    return value.flatMap((part, index) => (index === step ? inside(part, '').map(([, one]) => one) : [part]));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (key === step ? inside(part, key) : [[key, part] as const])),
  );
};

export const mutateJson = (value: unknown, mutation: JsonMutation): unknown => {
  const paths = pathsIn(value);
  const path = paths[mutation.at % paths.length] ?? [];
  return changeAt(value, path, (part, key) => {
    switch (mutation.kind) {
      case 'replace':
        return [[key, mutation.value]];
      case 'drop':
        return [];
      case 'rename':
        return [[mutation.name, part]];
      case 'add':
        return [[key, isObject(part) ? { ...part, [mutation.name]: mutation.value } : [part, mutation.value]]];
      case 'wrap':
        return [[key, [part]]];
      case 'repeat':
        return [[key, Array.from({ length: 300 }, () => part)]];
    }
  });
};
