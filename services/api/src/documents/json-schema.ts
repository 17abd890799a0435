import { z } from 'zod';

/** The parts of JSON Schema that the documents look into. */
export type JsonSchema = {
  readonly [keyword: string]: unknown;
  readonly properties?: Record<string, JsonSchema> | undefined;
  readonly required?: readonly string[] | undefined;
};

const jsonSchema: z.ZodType<JsonSchema> = z.looseObject({
  get properties() {
    return z.record(z.string(), jsonSchema).optional();
  },
  required: z.array(z.string()).optional(),
});

/**
 * @param direction what a client may send (`input`) or gets (`output`): they differ where a schema has defaults or transforms
 * @returns undefined for what is not a zod schema, such as a route without a body
 */
export const jsonSchemaOf = (schema: unknown, direction: 'input' | 'output'): JsonSchema | undefined => {
  if (!(schema instanceof z.ZodType)) return undefined;
  const { $schema: _dialect, ...made } = z.toJSONSchema(schema, { io: direction, unrepresentable: 'any' });
  return jsonSchema.parse(made);
};
