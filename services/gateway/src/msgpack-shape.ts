import { isUtf8 } from 'node:buffer';

/** `plain`: one value that JSON could say as well. `deep`: nested deeper than asked for. `broken`: anything else. */
export type Shape = 'plain' | 'deep' | 'broken';

/** Bytes of the length that follows a head. */
const widthOf: Readonly<Record<number, number>> = { 0xd9: 1, 0xda: 2, 0xdb: 4, 0xdc: 2, 0xdd: 4, 0xde: 2, 0xdf: 4 };
/** Of floats and integers, from 0xca on. */
const numberBytes = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8];

type Head = { readonly kind: 'scalar' | 'text' | 'list' | 'map'; readonly size: number; readonly bytes: number };

/** What a value begins with; undefined for binary data, extensions and heads cut short. */
const headAt = (bytes: Buffer, at: number): Head | undefined => {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80 || first >= 0xe0) return { kind: 'scalar', size: 0, bytes: 1 };
  if (first < 0x90) return { kind: 'map', size: first & 0x0f, bytes: 1 };
  if (first < 0xa0) return { kind: 'list', size: first & 0x0f, bytes: 1 };
  if (first < 0xc0) return { kind: 'text', size: first & 0x1f, bytes: 1 };
  const isWord = first === 0xc0 || first === 0xc2 || first === 0xc3; // nil, false, true
  const scalar = isWord ? 0 : numberBytes[first - 0xca];
  if (scalar !== undefined) return { kind: 'scalar', size: scalar, bytes: 1 };
  const width = widthOf[first];
  if (width === undefined || at + 1 + width > bytes.length) return undefined;
  const kind = first < 0xdc ? 'text' : first < 0xde ? 'list' : 'map';
  return { kind, size: bytes.readUIntBE(at + 1, width), bytes: 1 + width };
};

/**
 * Looks at MessagePack before it is decoded: a few bytes can claim lists of billions, and decoders make room for them at once. What is `plain`
 * has all the elements that it claims, so decoding it costs no more than its length allows; its map keys are texts, and all texts are UTF-8.
 */
export const shapeOf = (bytes: Buffer, maxDepth: number): Shape => {
  /** By level: what is still to come, and whether each second of it is a key. */
  const left: number[] = [];
  const isMap: boolean[] = [];
  let at = 0;
  for (;;) {
    const head = headAt(bytes, at);
    if (head === undefined) return 'broken';
    const level = left.length - 1;
    const isKey = level >= 0 && isMap[level] === true && (left[level] ?? 0) % 2 === 0;
    if (isKey && head.kind !== 'text') return 'broken';
    if (level >= 0) left[level] = (left[level] ?? 0) - 1;
    at += head.bytes;
    if (head.kind === 'scalar' || head.kind === 'text') {
      if (at + head.size > bytes.length) return 'broken';
      if (head.kind === 'text' && !isUtf8(bytes.subarray(at, at + head.size))) return 'broken';
      at += head.size;
    } else {
      if (left.length === maxDepth) return 'deep';
      left.push(head.kind === 'map' ? 2 * head.size : head.size);
      isMap.push(head.kind === 'map');
    }
    while (left.length > 0 && left[left.length - 1] === 0) {
      left.pop();
      isMap.pop();
    }
    if (left.length === 0) return at === bytes.length ? 'plain' : 'broken';
  }
};
