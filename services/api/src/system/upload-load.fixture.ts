import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { eventually } from '@kuraxx/testing';
import { expect } from 'vitest';
import { startSystem } from './system.fixture.ts';

const mb = 1024 * 1024;
const piece = Buffer.alloc(64 * 1024, 'a line of text that is uploaded\n');
const boundary = 'kuraxx-load';
const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n`;

/** Resident memory of a process in bytes (Linux). */
const residentBytes = (pid: number): number => {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
};

function* form(bytes: number, isCutOff: boolean): Generator<Uint8Array> {
  yield Buffer.from(head);
  for (let sent = 0; sent < (isCutOff ? bytes / 2 : bytes); sent += piece.length) yield piece;
  if (isCutOff) throw new Error('cut off');
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

/**
 * Many large uploads at once, then as many that are cut off half-way.
 *
 * @returns by how much the memory of the api grew at its highest, in bytes
 */
export const uploadLoad = async (count: number, megabytes: number): Promise<number> => {
  const system = await startSystem();
  try {
    const { token } = await system.register('loader');
    const pid = system.service.process.pid ?? 0;
    const send = (isCutOff: boolean) =>
      fetch(`${system.url}/upload/file`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': `multipart/form-data; boundary=${boundary}` },
        body: Readable.toWeb(Readable.from(form(megabytes * mb, isCutOff))),
        duplex: 'half',
      });
    expect((await send(false)).status).toBe(201); // everything is loaded
    const before = residentBytes(pid);
    let highest = before;
    const watch = setInterval(() => {
      highest = Math.max(highest, residentBytes(pid));
    }, 50);
    const all = (isCutOff: boolean) => Promise.allSettled(Array.from({ length: count }, () => send(isCutOff)));
    for (const one of await all(false)) expect(one).toMatchObject({ status: 'fulfilled', value: { status: 201 } });
    for (const one of await all(true)) expect(one.status).toBe('rejected');
    clearInterval(watch);
    await eventually(async () => expect(await system.keptFiles()).toHaveLength(count + 1), { timeoutMs: 20_000 });
    return highest - before;
  } finally {
    await system.close();
  }
};
