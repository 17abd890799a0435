import { IdentifierNode, type KyselyPlugin, OperationNodeTransformer, type SchemableIdentifierNode } from 'kysely';
import { readSchema } from './schema.ts';

class Binding extends OperationNodeTransformer {
  readonly #schema: IdentifierNode;

  constructor(schema: string) {
    super();
    this.#schema = IdentifierNode.create(schema);
  }

  protected override transformSchemableIdentifier(node: SchemableIdentifierNode): SchemableIdentifierNode {
    return node.schema?.name === readSchema ? { ...node, schema: this.#schema } : node;
  }
}

/** Lets queries that name `tables` run on the read model in a schema. */
export const bindSchema = (schema: string): KyselyPlugin => {
  const binding = new Binding(schema);
  return {
    transformQuery: ({ node, queryId }) => binding.transformNode(node, queryId),
    transformResult: async ({ result }) => result,
  };
};
