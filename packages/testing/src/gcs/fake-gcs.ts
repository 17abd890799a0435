import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { crc32c, md5 } from './checksums.ts';
import { checkSignedUrl } from './signed-url.ts';

type StoredObject = { readonly bytes: Buffer; readonly contentType: string };

/** Google Cloud Storage as far as uploads use it, on loopback; its bytes are in memory. */
export type FakeGcs = {
  /** `127.0.0.1:<port>`, for FIREBASE_STORAGE_EMULATOR_HOST. */
  readonly host: string;
  /** A service account whose signatures the server accepts. */
  readonly account: { readonly projectId: string; readonly clientEmail: string; readonly privateKey: string };
  /** By `<bucket>/<name>`. */
  readonly objects: Map<string, StoredObject>;
  /** Answers everything with 503 until `recover`. */
  fail(): void;
  recover(): void;
  close(): Promise<void>;
};

const bytesOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** The two parts of `multipart/related`: what the object is, and its bytes. */
const splitUpload = (body: Buffer, contentType: string): { name: string | undefined } & StoredObject => {
  const boundary = /boundary="?([^";]+)/.exec(contentType)?.[1] ?? '';
  const marks: number[] = [];
  for (let at = body.indexOf(`--${boundary}`); at !== -1; at = body.indexOf(`--${boundary}`, at + 1)) marks.push(at);
  const part = (index: number) => {
    const raw = body.subarray((marks[index] ?? 0) + boundary.length + 4, (marks[index + 1] ?? body.length) - 2);
    const cut = raw.indexOf('\r\n\r\n');
    return { head: raw.subarray(0, cut).toString(), content: raw.subarray(cut + 4) };
  };
  const meta: { name?: string; contentType?: string } = JSON.parse(part(0).content.toString());
  const media = part(1);
  const declared = meta.contentType ?? /content-type: *(.+)/i.exec(media.head)?.[1];
  return { name: meta.name, bytes: media.content, contentType: declared ?? 'application/octet-stream' };
};

const resource = (bucket: string, name: string, { bytes, contentType }: StoredObject) => ({
  kind: 'storage#object',
  bucket,
  name,
  generation: '1',
  size: String(bytes.length),
  contentType,
  md5Hash: md5(bytes),
  crc32c: crc32c(bytes),
});

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const sendBytes = (
  request: IncomingMessage,
  response: ServerResponse,
  object: StoredObject,
  headers: Record<string, string> = {},
): void => {
  const { bytes, contentType } = object;
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const hashes = { 'x-goog-hash': `crc32c=${crc32c(bytes)},md5=${md5(bytes)}` };
  const common = { 'content-type': contentType, 'accept-ranges': 'bytes', ...hashes, ...headers };
  if (first === undefined) {
    response.writeHead(200, { ...common, 'content-length': bytes.length }).end(bytes);
    return;
  }
  if (Number(first) >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  const end = last === '' ? bytes.length - 1 : Math.min(Number(last), bytes.length - 1);
  const range = { 'content-range': `bytes ${first}-${end}/${bytes.length}`, 'content-length': end - Number(first) + 1 };
  response.writeHead(206, { ...common, ...range }).end(bytes.subarray(Number(first), end + 1));
};

/** Starts it on a free port. */
export const createFakeGcs = async (): Promise<FakeGcs> => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const objects = new Map<string, StoredObject>();
  let isFailing = false;

  const upload = async (request: IncomingMessage, response: ServerResponse, url: URL, bucket: string) => {
    const body = await bytesOf(request);
    const { name = url.searchParams.get('name') ?? '', ...object } = splitUpload(
      body,
      request.headers['content-type'] ?? '',
    );
    objects.set(`${bucket}/${name}`, object);
    json(response, 200, resource(bucket, name, object));
  };

  const administer = (request: IncomingMessage, response: ServerResponse, url: URL, bucket: string, name: string) => {
    const object = objects.get(`${bucket}/${name}`);
    if (object === undefined) return json(response, 404, { error: { code: 404, message: 'No such object' } });
    if (request.method === 'DELETE') {
      objects.delete(`${bucket}/${name}`);
      response.writeHead(204).end();
    } else if (url.searchParams.get('alt') === 'media') {
      sendBytes(request, response, object);
    } else {
      json(response, 200, resource(bucket, name, object));
    }
  };

  const serveSigned = async (request: IncomingMessage, response: ServerResponse, url: URL) => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const wrong = checkSignedUrl({ method: request.method ?? '', url, headers }, publicKey, Date.now());
    if (wrong !== undefined) {
      await text(request);
      response.writeHead(403, { 'content-type': 'application/xml' }).end(`<Error>${wrong}</Error>`);
      return;
    }
    const key = decodeURIComponent(url.pathname.slice(1));
    if (request.method === 'PUT') {
      objects.set(key, { bytes: await bytesOf(request), contentType: request.headers['content-type'] ?? '' });
      response.writeHead(200).end();
      return;
    }
    const object = objects.get(key);
    if (object === undefined) {
      response.writeHead(404).end('<Error>NoSuchKey</Error>');
      return;
    }
    const contentType = url.searchParams.get('response-content-type') ?? object.contentType;
    const disposition = url.searchParams.get('response-content-disposition');
    sendBytes(
      request,
      response,
      { ...object, contentType },
      disposition === null ? {} : { 'content-disposition': disposition },
    );
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    if (isFailing) return json(response, 503, { error: { code: 503, message: 'away' } });
    if (url.searchParams.has('X-Goog-Signature')) return await serveSigned(request, response, url);
    const [, bucket = '', name = ''] = /\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(url.pathname) ?? [];
    if (request.method === 'POST') return await upload(request, response, url, bucket);
    administer(request, response, url, bucket, decodeURIComponent(name));
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => json(response, 500, { error: { message: String(error) } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    host: `127.0.0.1:${address.port}`,
    account: {
      projectId: 'kuraxx-test',
      clientEmail: 'uploads@kuraxx-test.iam.gserviceaccount.com',
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
    objects,
    fail: () => {
      isFailing = true;
    },
    recover: () => {
      isFailing = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
