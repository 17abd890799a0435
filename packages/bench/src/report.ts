/** One figure of ours next to what it is measured against. */
export type Row = {
  readonly figure: string;
  readonly ours: number;
  readonly unit: string;
  readonly against: readonly Comparison[];
  /** Deliveries that never came, and that came twice. Anything but zero fails the run. */
  readonly missing?: number;
  readonly doubled?: number;
};

export type Comparison = {
  readonly what: string;
  readonly value: number;
  /** What `ours / value` should be. */
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number };
};

export const ratioOf = (row: Row, { value }: Comparison): number => row.ours / value;

export const isMet = (row: Row, comparison: Comparison): boolean | undefined => {
  const { goal } = comparison;
  if (goal === undefined) return undefined;
  const ratio = ratioOf(row, comparison);
  return 'atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost;
};

const round = (value: number): string =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));

const goalText = ({ goal }: Comparison): string => {
  if (goal === undefined) return '';
  return 'atLeast' in goal ? ` (goal ≥ ${goal.atLeast})` : ` (goal ≤ ${goal.atMost})`;
};

/** @returns lines for people */
export const tableOf = (rows: readonly Row[]): string => {
  const width = Math.max(...rows.map(({ figure }) => figure.length));
  const lines = rows.flatMap((row) => {
    const head = `${row.figure.padEnd(width)}  ${`${round(row.ours)} ${row.unit}`.padEnd(24)}`;
    const faults = (row.missing ?? 0) + (row.doubled ?? 0);
    const counts = faults > 0 ? [`${' '.repeat(width)}  MISSING ${row.missing ?? 0}, DOUBLED ${row.doubled ?? 0}`] : [];
    const ratios = row.against.map((one) => {
      const met = isMet(row, one);
      const mark = met === undefined ? ' ' : met ? '✓' : '✗';
      return `${mark} ${round(ratioOf(row, one))} × ${one.what} (${round(one.value)})${goalText(one)}`;
    });
    const [first = '', ...others] = ratios;
    return [`${head}${first}`, ...others.map((text) => `${' '.repeat(width + 26)}${text}`), ...counts];
  });
  return `${lines.join('\n')}\n`;
};

/** @returns true when no delivery was lost or doubled */
export const isSound = (rows: readonly Row[]): boolean =>
  rows.every(({ missing = 0, doubled = 0 }) => missing === 0 && doubled === 0);
