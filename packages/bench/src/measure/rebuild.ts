import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { v7 } from 'uuid';
import { type BenchUser, type Chat, inParallel } from '../chat.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../report.ts';
import { quantile } from '../statistics.ts';
import { latenciesWhile } from './rate.ts';
import { fillRoom } from './stored-message.ts';

const cli = join(import.meta.dirname, '../../../cli/src/main.ts');
const people = 20;
const atOnce = 500;

/** Runs a command line in a process of its own. @throws {Error} unless it ends with 0 */
const runCli = async ({ system }: Chat, ...args: string[]): Promise<void> => {
  const { natsUrl, databaseUrl } = system;
  const child = spawn(process.execPath, ['--conditions=source', cli, ...args], {
    env: { ...process.env, NATS_URL: natsUrl, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`kuraxx ${args.join(' ')} ended with ${String(code)}`);
};

type Member = BenchUser & { readonly roomId: string };

/** Reads a page of history, and sends, as the members of some rooms do. */
const requestsOf = ({ system }: Chat, members: readonly Member[]) => {
  let turn = 0;
  const counts = { reads: 0, failedReads: 0, staleReads: 0 };
  const next = (): Member => {
    const member = members[turn++ % members.length];
    if (member === undefined) throw new Error('nobody is there');
    return member;
  };
  const headersOf = ({ token }: Member) => ({ authorization: `Bearer ${token}`, 'content-type': 'application/json' });
  /** The message that each room was last answered to have. */
  const lastSent = new Map<string, number>();
  const read = async (): Promise<void> => {
    const member = next();
    const written = lastSent.get(member.roomId) ?? 0;
    const answer = await fetch(`${system.apiUrl}/messages/history?roomId=${member.roomId}&limit=20`, {
      headers: headersOf(member),
    });
    const text = await answer.text();
    counts.reads += 1;
    if (answer.status !== 200) counts.failedReads += 1;
    else if (Math.max(0, ...[...text.matchAll(/"content":"n(\d+)"/g)].map(([, n]) => Number(n))) < written) {
      counts.staleReads += 1;
    }
  };
  let number = 0;
  const write = async (): Promise<void> => {
    const member = next();
    const mine = ++number;
    const body = JSON.stringify({ roomId: member.roomId, content: `n${mine}`, tempId: v7() });
    const answer = await fetch(`${system.apiUrl}/messages/send`, { method: 'POST', headers: headersOf(member), body });
    await answer.arrayBuffer();
    if (answer.status !== 201) throw new Error(`a send was answered with ${answer.status}`);
    lastSent.set(member.roomId, Math.max(mine, lastSent.get(member.roomId) ?? 0));
  };
  return { counts, read, write };
};

/** How long reads take while people read and write and the read model is built anew beside them, switched to, and the old one dropped. */
export const measureRebuild = async (chat: Chat, plan: Plan): Promise<Row[]> => {
  const { events, readsPerSecond, writesPerSecond, secondsBefore } = plan.rebuild;
  plan.progress(`filling the log with ${events} messages for a rebuild`);
  const filled = await fillRoom(chat);
  for (let sent = 0; sent < events; sent += atOnce) {
    await Promise.all(Array.from({ length: Math.min(atOnce, events - sent) }, filled.append));
  }
  const members = await inParallel(chat.users.slice(0, people), async (user) => ({
    ...user,
    roomId: await chat.openRoom([user]),
  }));
  await chat.quiet();
  const { counts, read, write } = requestsOf(chat, members);
  const readsWhile = async (isOn: () => boolean): Promise<readonly number[]> => {
    const [reads] = await Promise.all([
      latenciesWhile(readsPerSecond, isOn, read),
      latenciesWhile(writesPerSecond, isOn, write),
    ]);
    return reads;
  };
  const during = async (work: Promise<unknown>): Promise<readonly number[]> => {
    let isOn = true;
    const over = work.finally(() => {
      isOn = false;
    });
    const [reads] = await Promise.all([readsWhile(() => isOn), over]);
    return reads;
  };
  plan.progress('reads and writes before a rebuild');
  await during(delay(secondsBefore * 100)); // code and connections are there before it counts
  const before = await during(delay(secondsBefore * 1000));
  plan.progress('the same during a rebuild');
  const meanwhile = await during(runCli(chat, 'projections', 'rebuild'));
  await runCli(chat, 'projections', 'drop', 'read_1');
  return [
    {
      figure: `read p99 at ${readsPerSecond} reads/s and ${writesPerSecond} writes/s during a rebuild`,
      ours: quantile(meanwhile, 0.99),
      unit: 'ms',
      against: [{ what: 'before', value: quantile(before, 0.99), goal: { atMost: 2 } }],
      missing: counts.failedReads + counts.staleReads,
    },
    {
      figure: 'the same, p50',
      ours: quantile(meanwhile, 0.5),
      unit: 'ms',
      against: [{ what: 'before', value: quantile(before, 0.5) }],
    },
  ];
};
