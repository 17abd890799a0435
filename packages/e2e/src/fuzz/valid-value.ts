import {
  type Arbitrary,
  array,
  boolean,
  constant,
  constantFrom,
  dictionary,
  double,
  integer,
  jsonValue,
  nat,
  oneof,
  record,
  string,
  stringMatching,
  uuid,
  webUrl,
} from 'fast-check';
import { z } from 'zod';
import { password } from '../person.fixture.ts';
import { passcode } from '../policy/scene.fixture.ts';
import { type Kind, placeholder } from './placeholders.ts';

/** The part of JSON Schema that zod writes. */
const jsonSchema = z.looseObject({
  type: z.string().optional(),
  const: z.json().optional(),
  enum: z.array(z.json()).optional(),
  format: z.string().optional(),
  pattern: z.string().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  get anyOf() {
    return z.array(jsonSchema).optional();
  },
  get items() {
    return jsonSchema.optional();
  },
  get properties() {
    return z.record(z.string(), jsonSchema).optional();
  },
  get propertyNames() {
    return jsonSchema.optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), jsonSchema]).optional();
  },
  required: z.array(z.string()).optional(),
});
type JsonSchema = z.infer<typeof jsonSchema>;

const named = (kind: Kind): Arbitrary<string> => nat(4).map((n) => placeholder(kind, n));

/** What only the running system knows, or no schema says, by the name of the field. */
const known: readonly (readonly [RegExp, Arbitrary<string>])[] = [
  [/^roomId$/i, named('room')],
  [/user|member/i, named('user')],
  [/^refreshToken$/, named('refresh')],
  [/token/i, named('token')],
  [/email/i, oneof(named('email'), stringMatching(/^[a-z]{3,8}@example\.com$/))],
  [/password/i, constant(password)],
  [/passcode/i, constant(passcode)],
  [/url/i, oneof(constant('https://example.com/a.png'), webUrl())],
  [/^(since|position|at)$/i, named('position')],
  [/^(before|after|until)$/i, constantFrom('2031-02-03T04:05:06.789Z', '2020-01-01', '9999-12-31')],
  [/^tempId$/, oneof(constantFrom('t-1', 't-2'), uuid({ version: 7 }))],
];

const anyId = oneof(named('room'), named('message'), named('user'), uuid());

const textValue = (schema: JsonSchema, name: string): Arbitrary<string> => {
  const { format, pattern, minLength = 0, maxLength = 64 } = schema;
  const [, byName] = known.find(([pattern_]) => pattern_.test(name)) ?? [];
  if (byName !== undefined) return oneof({ weight: 5, arbitrary: byName }, plainText(schema));
  if (format === 'uuid') return anyId;
  if (pattern !== undefined) return stringMatching(new RegExp(pattern));
  return plainText({ minLength, maxLength });
};

const plainText = ({ format, pattern, minLength = 0, maxLength = 64 }: Partial<JsonSchema>): Arbitrary<string> => {
  if (format === 'uuid') return anyId;
  if (pattern !== undefined && format !== 'email') return stringMatching(new RegExp(pattern));
  const short = string({ unit: 'grapheme', minLength, maxLength: Math.max(minLength, Math.min(maxLength, 20)) });
  return oneof({ weight: 19, arbitrary: short }, constant('x'.repeat(Math.min(maxLength, 6000))));
};

const objectValue = (schema: JsonSchema): Arbitrary<unknown> => {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
  if (typeof additionalProperties === 'object' && Object.keys(properties).length === 0) {
    return dictionary(textValue(propertyNames ?? {}, ''), valueOf(additionalProperties, 'since'), { maxKeys: 4 });
  }
  const fields = Object.entries(properties).map(([key, value]) => [key, valueOf(value, key)] as const);
  return record(Object.fromEntries(fields), { requiredKeys: required, noNullPrototype: true });
};

const valueOf = (schema: JsonSchema, name: string): Arbitrary<unknown> => {
  if (schema.const !== undefined) return constant(schema.const);
  if (schema.enum !== undefined) return constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return oneof(...schema.anyOf.map((one) => valueOf(one, name)));
  switch (schema.type ?? 'any') {
    case 'string':
      return textValue(schema, name);
    case 'integer':
      return integer({
        min: Math.max(schema.minimum ?? 0, -1e9),
        max: Math.min(schema.maximum ?? 1000, 1e9),
      });
    case 'number':
      return double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return boolean();
    case 'null':
      return constant(null);
    case 'array':
      return array(valueOf(schema.items ?? {}, name), { maxLength: 4 });
    case 'object':
      return objectValue(schema);
    default:
      return jsonValue({ maxDepth: 2 });
  }
};

const isZod = (schema: unknown): schema is z.ZodType => schema instanceof z.ZodType;

/**
 * Values that a schema of the contract accepts, or nearly: what its refinements ask beyond the JSON Schema is met by the names of fields.
 *
 * @param schema anything else than a zod schema gives any JSON
 */
export const validValue = (schema: unknown): Arbitrary<unknown> => {
  if (!isZod(schema)) return jsonValue({ maxDepth: 2 });
  const written = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return valueOf(jsonSchema.parse(written), '');
};
