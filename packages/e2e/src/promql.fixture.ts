import { parser } from '@prometheus-io/lezer-promql';

type Node = ReturnType<typeof parser.parse>['topNode'];

const comparisons = ['Eql', 'Neq', 'Gtr', 'Gte', 'Lss', 'Lte'];

/** What a query asks for. */
export type Query = {
  readonly metrics: readonly string[];
  /** Labels that it matches, groups or joins by. */
  readonly labels: readonly string[];
};

/** @throws {Error} where it is no PromQL */
export const parseQuery = (text: string): Query => {
  const metrics = new Set<string>();
  const labels = new Set<string>();
  parser.parse(text).iterate({
    enter: ({ type, name, from, to, node }) => {
      const part = text.slice(from, to);
      if (type.isError) throw new Error(`no PromQL at ${from}: ${text}`);
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') metrics.add(part);
      if (name === 'LabelName') labels.add(part);
    },
  });
  return { metrics: [...metrics], labels: [...labels] };
};

const unwrapped = (node: Node | null): Node | null => (node?.name === 'ParenExpr' ? unwrapped(node.firstChild) : node);

const isFilter = (node: Node | null): boolean =>
  node?.name === 'BinaryExpr' &&
  comparisons.some((name) => node.getChild(name) !== null) &&
  node.getChild('BoolModifier') === null;

/**
 * The comparisons of what an equality has filtered already, of which each value is known: never or always true. It is what `a and b == 1 > 10` is,
 * because comparisons bind tighter than `and`.
 */
export const comparedTwice = (text: string): readonly string[] => {
  const found: string[] = [];
  parser.parse(text).iterate({
    enter: ({ node, from, to }) => {
      const inner = isFilter(node) ? unwrapped(node.firstChild) : null;
      if (inner !== null && isFilter(inner) && inner.getChild('Eql') !== null) found.push(text.slice(from, to));
    },
  });
  return found;
};

/** What a process shows: its metrics with the labels that their samples have. */
export type Shown = ReadonlyMap<string, ReadonlySet<string>>;

/** Reads the text format; the names of a histogram are those that a query uses. */
export const readExposition = (text: string): Shown => {
  const shown = new Map<string, Set<string>>();
  for (const line of text.split('\n')) {
    const [, declared, kind] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (declared !== undefined) {
      const names = kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => declared + end) : [declared];
      for (const name of names) shown.set(name, new Set());
    }
    const [, name = '', labels = ''] = /^([a-zA-Z_:][\w:]*)\{(.*)\} \S+$/.exec(line) ?? [];
    for (const [, label = ''] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) shown.get(name)?.add(label);
  }
  return shown;
};
