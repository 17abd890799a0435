import { expect, test } from 'vitest';
import { createNemesis } from './nemesis.ts';

test('healing has back what was lost for longer', async () => {
  const done: string[] = [];
  const lost = Promise.withResolvers<void>();
  const nemesis = createNemesis(
    {
      servers: { all: {} },
      links: new Map(),
      pidOf: () => process.pid,
      lose: async (name, downMs) => {
        done.push(`${name} is lost for ${downMs} ms`);
        lost.resolve();
      },
      comeBack: (name) => void done.push(`${name} is back`),
    },
    (happening) => void done.push(happening.type),
  );
  const running = nemesis.run([{ id: 1, kind: 'kill', target: 'api-2', atMs: 0, forMs: 600_000 }]);
  await lost.promise;
  nemesis.heal();
  await running;
  expect(done).toEqual(['faultBegun', 'api-2 is lost for 600000 ms', 'api-2 is back', 'faultEnded']);
});
