import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type LogRestore, NotEmpty, openLogRestore, type RawEvent } from '@kuraxx/event-store';
import type { NatsConnection } from 'nats';
import { z } from 'zod';
import type { CommandFile } from '../frame/command-file.ts';
import { CliError } from '../frame/exit-codes.ts';
import type { Output } from '../frame/output.ts';
import { isAnybodyAlive } from '../transfer/alive.ts';
import { BrokenChain, createChainReader } from '../transfer/chain.ts';
import { type ExportLine, parseLine } from '../transfer/lines.ts';
import { secretsWriter } from '../transfer/secrets.ts';

const options = z.object({
  replicas: z.coerce.number().int().min(1).max(5).default(1),
  check: z.boolean().default(false),
});
/** So many are handed over at once. */
const batchSize = 2_000;

/** The lines of an export, each checked by the chain, and that the last one is there. @throws {CliError} naming the first bad line */
async function* linesOf(file: string): AsyncIterable<ExportLine> {
  const read = createChainReader();
  let ended = false;
  let count = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      count += 1;
      if (ended) throw new CliError('unsound', `${file}: line ${count} comes after the end`);
      const line = parseLine(read(text));
      ended = line.kind === 'end';
      yield line;
    }
  } catch (error) {
    if (error instanceof BrokenChain) throw new CliError('unsound', `${file}: ${error.message}`, { cause: error });
    if (error instanceof z.ZodError)
      throw new CliError('unsound', `${file}: line ${count} is no line of an export`, { cause: error });
    throw error;
  }
  if (!ended)
    throw new CliError('unsound', `${file}: it ends after line ${count}, without its last line: it was cut off`);
}

const restoreInto = async (
  nats: NatsConnection,
  line: ExportLine | undefined,
  replicas: number,
): Promise<LogRestore> => {
  if (line?.kind !== 'header') throw new CliError('unsound', 'the first line is not that of an export');
  if (await isAnybodyAlive(nats)) {
    throw new CliError('refused', 'services are running on this NATS: stop them first (NATS alone has to run)');
  }
  try {
    return await openLogRestore(nats, line.identity, replicas);
  } catch (error) {
    if (error instanceof NotEmpty) throw new CliError('refused', error.message, { cause: error });
    throw error;
  }
};

/** Reads the whole file before anything is written: half of a broken export is worse than none. @returns how many events it has */
const checkFile = async (file: string, output: Output, signal: AbortSignal): Promise<number | 'cancelled'> => {
  let events = 0;
  for await (const line of linesOf(file)) {
    if (signal.aborted) return 'cancelled';
    if (line.kind === 'event') events += 1;
    if (line.kind === 'end' && line.events !== events) {
      throw new CliError('unsound', `${file}: it has ${events} events, and says that it has ${line.events}`);
    }
    if (events % 10_000 === 0) output.redraw(`checked ${events} events`);
  }
  return events;
};

export const eventsImport: CommandFile = (events, action) => {
  events
    .command('import')
    .argument('<file>', 'made by `events export`')
    .summary('make an empty system the copy of an exported one')
    .description(
      'Checks the whole file first, then stores every event under its old position, so that read models come out the same and clients ' +
        'resume where they were. The target must be empty, and only NATS may run. Cut off, it goes on where it was when called again.',
    )
    .option('--check', 'only check the file')
    .option('--replicas <count>', 'copies of each stream in a NATS cluster', '1')
    .addHelpText('after', '\nExample:\n  NATS_URL=nats://127.0.0.1:4222 kuraxx --from-env events import log.ndjson\n')
    .action(
      action(options, async ({ io, servers, output, signal }, { check, replicas }, [name = '']) => {
        const file = resolve(io.cwd, name);
        const total = await checkFile(file, output, signal);
        if (total === 'cancelled') return 'cancelled';
        if (check) {
          output.result({ events: total, sound: true }, () => `${total} events, all lines as they were written`);
          return 'done';
        }
        const nats = await servers.nats();
        const putSecret = secretsWriter(nats, replicas);
        let restore: LogRestore | undefined;
        let secrets = 0;
        let done = 0;
        let batch: RawEvent[] = [];
        const flush = async (): Promise<void> => {
          await restore?.add(batch);
          done += batch.length;
          batch = [];
          output.redraw(`${done} of ${total} events`);
        };
        try {
          for await (const line of linesOf(file)) {
            if (signal.aborted) return 'cancelled';
            restore ??= await restoreInto(nats, line, replicas);
            if (line.kind === 'event') batch.push(line.event);
            if (batch.length >= batchSize) await flush();
            if (line.kind !== 'secret') continue;
            await putSecret(line);
            secrets += 1;
          }
          await flush();
        } finally {
          restore?.close();
        }
        output.result(
          { events: done, secrets },
          () => `${done} events and ${secrets} secrets are stored; start the services now`,
        );
        if (secrets === 0) output.note('the export has no secrets: nobody can sign in until accounts are made anew');
        return 'done';
      }),
    );
};
