/** An answer as it came over the wire. */
export type HttpAnswer = {
  readonly status: number;
  /** Names in lower case; the last one counts. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
};

const headEnd = Buffer.from('\r\n\r\n');

const parseHead = (text: string): { status: number; headers: Map<string, string> } => {
  const [first = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) ?/.exec(first)?.[1];
  if (status === undefined) throw new Error(`not a status line: ${JSON.stringify(first.slice(0, 200))}`);
  const headers = lines.map((line): [string, string] => {
    const cut = line.indexOf(':');
    return [line.slice(0, cut).toLowerCase(), line.slice(cut + 1).trim()];
  });
  return { status: Number(status), headers: new Map(headers) };
};

/** @returns the chunks' content and how many bytes they took; undefined while they are not all there */
const readChunks = (bytes: Buffer): { body: Buffer; taken: number } | undefined => {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = bytes.indexOf('\r\n', at);
    if (line === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (Number.isNaN(size)) throw new Error('not a chunk size');
    const end = line + 2 + size + 2;
    if (bytes.length < end) return undefined;
    if (size === 0) return { body: Buffer.concat(parts), taken: end };
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = end;
  }
};

/**
 * Reads the first answer out of what has come so far, passing over 1xx.
 *
 * @param isHead the request was a HEAD: the answer has no body, whatever it says
 * @returns undefined while it is not whole; what came after it is `rest`
 * @throws {Error} when it is not HTTP
 */
export const readAnswer = (bytes: Buffer, isHead: boolean): { answer: HttpAnswer; rest: Buffer } | undefined => {
  const end = bytes.indexOf(headEnd);
  if (end === -1) return undefined;
  const { status, headers } = parseHead(bytes.toString('latin1', 0, end));
  const rest = bytes.subarray(end + headEnd.length);
  if (status < 200) return readAnswer(rest, isHead);
  if (isHead || status === 204 || status === 304) return { answer: { status, headers, body: Buffer.alloc(0) }, rest };
  if (headers.get('transfer-encoding') === 'chunked') {
    const chunks = readChunks(rest);
    if (chunks === undefined) return undefined;
    return { answer: { status, headers, body: chunks.body }, rest: rest.subarray(chunks.taken) };
  }
  const length = Number(headers.get('content-length') ?? 0);
  if (rest.length < length) return undefined;
  return { answer: { status, headers, body: rest.subarray(0, length) }, rest: rest.subarray(length) };
};
