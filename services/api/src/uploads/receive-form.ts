import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import { maxFileNameLength } from '@kuraxx/contracts';
import { type FilePurpose, filePurpose, Refusal, requireAllowedType } from '@kuraxx/domain';
import { Unavailable } from '@kuraxx/event-store';
import type { Spool, SpoolFile } from '@kuraxx/files';
import { Problem } from '../http/problem.ts';

/** What a form may hold. */
export type FormRules = { readonly field: 'file' | 'image'; readonly imagesOnly: boolean; readonly maxBytes: number };

/** A file as it came, on disk; what it says about itself is not checked yet. The receiver discards it. */
export type ReceivedFile = {
  readonly fileName: string;
  readonly declaredType: string;
  readonly purpose: FilePurpose;
  readonly spooled: SpoolFile;
};

/** A form of a browser has two parts; headers and texts of that size are none of its. */
const limits = { files: 2, fields: 10, parts: 12, fieldSize: 1024, headerPairs: 50, headerSize: 8 * 1024 };
/** So much of a refused body is still taken, so that the client gets to read the answer. */
const drainBytes = 64 * 1024 * 1024;

const invalid = (field: string, problem: string, cause?: unknown): Problem =>
  new Problem('VALIDATION_ERROR', { details: { [field]: [problem] }, cause });

const openForm = (request: IncomingMessage, field: string): BusboyInstance => {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\b/i.test(contentType)) throw invalid(field, 'a form with this file is required');
  try {
    return new Busboy({ headers: { ...request.headers, 'content-type': contentType }, limits });
  } catch (cause) {
    throw invalid(field, 'the form has no boundary', cause);
  }
};

/** Without what no name of a file has: folders (the parser cuts them off), control characters, half characters. */
const cleanName = (name: string | undefined): string => {
  const clean = (name ?? '')
    .replaceAll(/\p{Cc}/gu, '')
    .toWellFormed()
    .trim();
  return clean === '' ? 'file' : clean.slice(0, maxFileNameLength).toWellFormed();
};

/** Lets the rest of a refused body run out, within bounds. */
const drain = (request: IncomingMessage): void => {
  let left = drainBytes;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.resume();
};

/**
 * Reads a form with one file as a stream, onto the disk.
 *
 * @throws {Problem} VALIDATION_ERROR for no form, a broken or cut-off one, another field, no file or several
 * @throws {Refusal} FILE_TYPE_NOT_ALLOWED by what is declared, FILE_TOO_LARGE as soon as it is
 * @throws {Unavailable} when the disk is full
 * Whatever is thrown, nothing is left on disk.
 */
export const receiveForm = async (request: IncomingMessage, spool: Spool, rules: FormRules): Promise<ReceivedFile> => {
  const form = openForm(request, rules.field);
  const spooled = spool.file();
  const done = Promise.withResolvers<void>();
  done.promise.catch(() => undefined); // awaited below, maybe later than it fails
  const fail = (error: unknown): void => done.reject(error);
  let purpose: FilePurpose = 'message';
  let part: { stream: BusboyFileStream; fileName: string; declaredType: string; written: Promise<number> } | undefined;

  form.on('file', (field, stream, name, _encoding, declaredType) => {
    stream.on('error', () => undefined); // told by `written`; of a file that nobody takes it says nothing
    try {
      if (field !== rules.field) throw invalid(String(field), `is unknown: the file goes into ${rules.field}`);
      if (part !== undefined) throw invalid(rules.field, 'only one file at a time');
      requireAllowedType(declaredType, rules.imagesOnly);
      part = { stream, fileName: cleanName(name), declaredType, written: spooled.write(stream, rules.maxBytes) };
      part.written.catch((error: unknown) => {
        const isOurs = error instanceof Refusal || error instanceof Unavailable;
        fail(isOurs ? error : invalid(rules.field, 'the form was cut off', error));
      });
    } catch (error) {
      stream.resume();
      fail(error);
    }
  });
  form.on('field', (field, value) => {
    if (field !== 'purpose') return;
    const parsed = filePurpose.safeParse(value);
    if (parsed.success) purpose = parsed.data;
    else fail(invalid('purpose', 'is avatar, message or room'));
  });
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
    form.on(limit, () => fail(invalid(rules.field, 'the form has too many parts')));
  }
  form.on('error', (error) => fail(invalid(rules.field, 'the form is malformed or was cut off', error)));
  form.on('finish', () => done.resolve());
  request.once('close', () => {
    if (!request.complete) fail(invalid(rules.field, 'the form was cut off'));
  });

  try {
    request.pipe(form);
    await done.promise;
    if (part === undefined) throw invalid(rules.field, 'is required');
    await part.written;
    return { fileName: part.fileName, declaredType: part.declaredType, purpose, spooled };
  } catch (error) {
    request.unpipe(form);
    part?.stream.destroy();
    await part?.written.catch(() => undefined); // nothing writes any more: what is there can go
    await spooled.discard();
    drain(request);
    throw error;
  }
};
