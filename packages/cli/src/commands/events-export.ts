import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { openLogCopy } from '@kuraxx/event-store';
import { z } from 'zod';
import type { CommandFile } from '../frame/command-file.ts';
import { createChain } from '../transfer/chain.ts';
import { endLine, eventLine, headerLine } from '../transfer/lines.ts';
import { readSecrets } from '../transfer/secrets.ts';

const options = z.object({ output: z.string().optional(), secrets: z.boolean().default(false) });
const progressEvery = 10_000;

/** Writes lines and waits where the reader is slower. What it returns throws what went wrong with the stream. */
const lineWriter = (stream: Writable) => {
  let failure: unknown;
  stream.on('error', (error) => {
    failure = error;
  });
  return async (text: string): Promise<void> => {
    if (failure === undefined && !stream.write(`${text}\n`)) await once(stream, 'drain');
    if (failure !== undefined) throw failure;
  };
};

const openFile = async (path: string): Promise<Writable> => (await open(path, 'w', 0o600)).createWriteStream();

export const eventsExport: CommandFile = (events, action) => {
  events
    .command('export')
    .summary('the whole log as NDJSON, with a hash chain')
    .description(
      'Writes every event up to now, a CloudEvents JSON document on each line; the system may go on running. Each line carries the hash ' +
        'of the one before it and of itself, so that `events import` finds and names a line that was changed or is missing.',
    )
    .option('-o, --output <file>', 'where to; stdout without it')
    .option(
      '--secrets',
      'also password hashes, e-mail addresses and sessions: without them nobody can sign in after an import',
    )
    .addHelpText('after', '\nExample:\n  kuraxx events export --secrets | gzip > log.ndjson.gz\n')
    .action(
      action(options, async ({ io, servers, output, signal }, { output: file, secrets }) => {
        const nats = await servers.nats();
        const copy = await openLogCopy(nats);
        const target = file === undefined ? io.stdout : await openFile(resolve(io.cwd, file));
        const write = lineWriter(target);
        const link = createChain();
        const begun = Date.now();
        let count = 0;
        await write(link(headerLine(copy.identity, new Date().toISOString())));
        for await (const event of copy.events()) {
          if (signal.aborted) return 'cancelled';
          await write(link(eventLine(event)));
          count += 1;
          if (count % progressEvery === 0) {
            const perSecond = count / ((Date.now() - begun) / 1000);
            const left = Math.max(0, Math.round((copy.total - count) / perSecond));
            output.redraw(`${count} of ${copy.total} events, ${Math.round(perSecond)}/s, ${left} s left`);
          }
        }
        if (secrets) for await (const secret of readSecrets(nats)) await write(link(secret));
        await write(link(endLine(count)));
        if (target !== io.stdout) {
          target.end();
          await once(target, 'close');
          output.result({ file, events: count, secrets }, () => `written to ${file}`);
        }
        output.note(
          `${count} events${secrets ? ', with secrets: keep the file where nobody reads it' : ', without secrets'}`,
        );
        return 'done';
      }),
    );
};
