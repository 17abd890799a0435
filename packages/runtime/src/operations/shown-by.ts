import { Counter, Gauge, type Registry } from 'prom-client';

type About<L extends string> = { readonly name: string; readonly help: string; readonly labelNames?: readonly L[] };

/** Numbers as they stand, each with its labels. */
type Figures<L extends string> = Iterable<readonly [labels: Record<L, string | number>, value: number]>;

/**
 * A counter of what is counted anyway: it is read when it is asked for, so counting costs nothing more.
 *
 * @param read gives all that has been counted since the start; it must not throw
 */
export const counterBy = <L extends string = never>(
  registry: Registry,
  { name, help, labelNames = [] }: About<L>,
  read: () => Figures<L>,
): void => {
  new Counter({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, count] of read()) this.inc(labels, count);
    },
  });
};

/**
 * A gauge of what is known anyway, read when it is asked for. What `read` doesn't give (any more) is not shown.
 *
 * @param read must not throw, nor reject
 */
export const gaugeBy = <L extends string = never>(
  registry: Registry,
  { name, help, labelNames = [] }: About<L>,
  read: () => Figures<L> | Promise<Figures<L>>,
): void => {
  new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    async collect() {
      const figures = await read();
      this.reset();
      for (const [labels, value] of figures) this.set(labels, value);
    },
  });
};
