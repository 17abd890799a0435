import { openStage } from './stage.ts';
import { runProgram } from './program.ts';
import { bareOutput, replayOutput } from './outputs.ts';
const n = Number(process.argv[2] ?? 100000), rounds = Number(process.argv[3] ?? 2);
const s = await openStage();
try {
  const t = performance.now();
  await s.fillUpTo(n);
  console.log('filled', n, ((performance.now() - t)/1000).toFixed(1));
  for (let i = 0; i < rounds; i++) {
    const c0 = await s.serverCpuSeconds();
    const r = await runProgram('replay', { natsUrl: s.natsUrl, databaseUrl: s.databaseUrl, marks: [] }, replayOutput);
    const c1 = await s.serverCpuSeconds();
    const b = await runProgram('bare', { databaseUrl: s.databaseUrl, schema: r.schema, connections: 4 }, bareOutput);
    const c2 = await s.serverCpuSeconds();
    const [rn, rp, bp] = [c1.nats-c0.nats, c1.postgres-c0.postgres, c2.postgres-c1.postgres].map(x => x*1e6);
    console.log('replay nats', (rn/r.events).toFixed(0), 'pg', (rp/r.events).toFixed(0), 'bare pg', (bp/b.rows).toFixed(0));
    console.log(`replay ${Math.round(r.events/r.ms*1000)}/s cpu ${(r.cpuMs*1000/r.events).toFixed(0)} µs; bare ${Math.round(b.rows/b.ms*1000)}/s cpu ${(b.cpuMs*1000/b.rows).toFixed(0)} µs; time ratio ${(b.ms/r.ms).toFixed(2)}`);
    await s.maintenance.drop(r.schema, new AbortController().signal);
  }
} finally { await s.stop(); }
