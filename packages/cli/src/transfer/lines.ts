import type { LogIdentity, Partition, RawEvent } from '@kuraxx/event-store';
import { z } from 'zod';

/** Of an export's form: a later one may be another. */
const format = 1;

const header = z.object({
  kuraxxlog: z.literal(format),
  exportedat: z.string(),
  partitions: z.int().min(1),
  epochs: z.record(z.string(), z.string()),
});
/** The last line: an export without it was cut off. */
const trailer = z.object({ end: z.literal(true), events: z.int() });
/** An entry of a store of secrets. */
const secret = z.object({ bucket: z.string(), key: z.string(), value: z.string() });

/** CloudEvents 1.0 in its JSON form; `partition`, `sequence` and the rest are extension attributes. */
const cloudEvent = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string(),
  source: z.string(),
  type: z.string(),
  time: z.string(),
  subject: z.string(),
  partition: z.string().regex(/^(accounts|\d{1,3})$/),
  sequence: z.string().regex(/^\d{1,16}$/),
  /** Headers that are no attributes of CloudEvents. */
  headers: z.array(z.tuple([z.string(), z.string()])).optional(),
  data: z.unknown().optional(),
  data_base64: z.string().optional(),
});

export type ExportLine =
  | { readonly kind: 'header'; readonly identity: LogIdentity }
  | { readonly kind: 'event'; readonly event: RawEvent }
  | ({ readonly kind: 'secret' } & z.infer<typeof secret>)
  | { readonly kind: 'end'; readonly events: number };

export const headerLine = ({ roomPartitions, epochs }: LogIdentity, exportedAt: string): z.infer<typeof header> => ({
  kuraxxlog: format,
  exportedat: exportedAt,
  partitions: roomPartitions,
  epochs: { ...epochs },
});
export const endLine = (events: number): z.infer<typeof trailer> => ({ end: true, events });

const attributes = ['specversion', 'id', 'type', 'time', 'source'] as const;
const attributeHeader = new Set<string>(attributes.map((name) => `ce-${name}`));

/** Data as JSON where writing it again gives the same bytes, else as they are. */
const dataOf = (bytes: Uint8Array): { data: unknown } | { data_base64: string } => {
  const buffer = Buffer.from(bytes);
  try {
    const data: unknown = JSON.parse(buffer.toString());
    if (Buffer.from(JSON.stringify(data)).equals(buffer)) return { data };
  } catch {
    // no JSON: below
  }
  return { data_base64: buffer.toString('base64') };
};

/** An event as a line: the same event comes out of `parseLine`, to the byte. */
export const eventLine = ({ partition, sequence, subject, headers, data }: RawEvent): z.infer<typeof cloudEvent> => {
  const value = (name: string): string => headers.find(([key]) => key.toLowerCase() === `ce-${name}`)?.[1] ?? '';
  const others = headers.filter(([name]) => !attributeHeader.has(name.toLowerCase()));
  return {
    specversion: '1.0',
    id: value('id'),
    source: value('source'),
    type: value('type'),
    time: value('time'),
    subject,
    partition: String(partition),
    sequence: String(sequence),
    ...(others.length === 0 ? {} : { headers: others.map(([name, text]): [string, string] => [name, text]) }),
    ...dataOf(data),
  };
};

const partitionOf = (text: string): Partition => (text === 'accounts' ? text : Number(text));

const eventOf = (parsed: z.infer<typeof cloudEvent>): RawEvent => ({
  partition: partitionOf(parsed.partition),
  sequence: Number(parsed.sequence),
  subject: parsed.subject,
  headers: [
    // an event without an id was written by somebody else, without any of these
    ...(parsed.id === '' ? [] : attributes.map((name) => [`ce-${name}`, parsed[name]] as const)),
    ...(parsed.headers ?? []),
  ],
  data:
    parsed.data_base64 === undefined
      ? Buffer.from(JSON.stringify(parsed.data))
      : Buffer.from(parsed.data_base64, 'base64'),
});

/** @throws {z.ZodError} for what is no line of an export */
export const parseLine = (input: unknown): ExportLine => {
  const value = z.looseObject({}).parse(input);
  if ('kuraxxlog' in value) {
    const { partitions, epochs } = header.parse(value);
    return { kind: 'header', identity: { roomPartitions: partitions, epochs } };
  }
  if ('bucket' in value) return { kind: 'secret', ...secret.parse(value) };
  if ('end' in value) return { kind: 'end', events: trailer.parse(value).events };
  return { kind: 'event', event: eventOf(cloudEvent.parse(value)) };
};
