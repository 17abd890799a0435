import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { apiContract, errorBody } from '@kuraxx/contracts';
import { eventually } from '@kuraxx/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exactly } from './client.fixture.ts';
import { dot, formOf, type Part, postForm, uploadFile, uploadImage } from './files.fixture.ts';
import { type System, startSystem } from './system.fixture.ts';

const { upload } = apiContract;
let system: System;
let ann: Awaited<ReturnType<System['register']>>;

describe.each([
  ['the local disk', false],
  ['Firebase', true],
] as const)('on %s', (_store, cloud) => {
  beforeAll(async () => {
    system = await startSystem({ cloud });
    ann = await system.register('ann');
  }, 60_000);
  afterAll(() => system?.close());

  const code = (answer: { body: unknown }): string => exactly(errorBody, answer).error.code;

  test('a file is stored and given back as it was, under its name', async () => {
    const file = await uploadFile(system.url, ann.token, { name: 'Grüße.txt' }, { purpose: 'message' });
    expect(file).toMatchObject({ fileName: 'Grüße.txt', fileSize: 12, mimeType: 'text/plain' });
    const got = await fetch(file.url);
    expect(got.status).toBe(200);
    expect(await got.text()).toBe('hello world\n');
    expect(got.headers.get('content-type')).toBe('text/plain');
    expect(got.headers.get('content-disposition')).toBe(
      `attachment; filename="Gr??e.txt"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt`,
    );
  });

  test('a picture gets a small one beside it', async () => {
    const file = await uploadImage(system.url, ann.token);
    expect(file).toMatchObject({ fileName: 'dot.png', fileSize: dot.length, mimeType: 'image/png' });
    const got = await fetch(file.url);
    expect(Buffer.from(await got.arrayBuffer()).equals(dot)).toBe(true);
    expect(got.headers.get('content-disposition')).toMatch(/^inline/);
    const small = await fetch(file.thumbnailUrl);
    expect(small.headers.get('content-type')).toBe('image/webp');
    expect(
      Buffer.from(await small.arrayBuffer())
        .subarray(8, 12)
        .toString(),
    ).toBe('WEBP');
  });

  test('a link can be asked for a part of the file', async () => {
    const file = await uploadFile(system.url, ann.token);
    const part = await fetch(file.url, { headers: { range: 'bytes=6-10' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe('bytes 6-10/12');
    expect(await part.text()).toBe('world');
    expect((await fetch(file.url, { headers: { range: 'bytes=99-' } })).status).toBe(416);
  });

  const image: Part = { field: 'image', name: 'a.png', type: 'image/png', content: dot };
  type Refused = [what: string, path: string, form: FormData | string, status: number, code: string];
  const big = new Uint8Array(10 * 1024 * 1024 + 1).fill(0x61);
  test.each<Refused>([
    ['no form', '/upload/file', '{}', 400, 'VALIDATION_ERROR'],
    ['a form without a file', '/upload/file', formOf([], { purpose: 'message' }), 400, 'VALIDATION_ERROR'],
    ['a text instead of a file', '/upload/file', formOf([], { file: 'x' }), 400, 'VALIDATION_ERROR'],
    ['another field', '/upload/file', formOf([{ field: 'image' }]), 400, 'VALIDATION_ERROR'],
    ['another field for a picture', '/upload/image', formOf([{ ...image, field: 'file' }]), 400, 'VALIDATION_ERROR'],
    ['two files', '/upload/file', formOf([{}, {}]), 400, 'VALIDATION_ERROR'],
    ['an unknown purpose', '/upload/file', formOf([{}], { purpose: '../../x' }), 400, 'VALIDATION_ERROR'],
    ['a type that is not allowed', '/upload/file', formOf([{ type: 'text/html' }]), 400, 'FILE_TYPE_NOT_ALLOWED'],
    ['an SVG', '/upload/image', formOf([{ ...image, type: 'image/svg+xml' }]), 400, 'FILE_TYPE_NOT_ALLOWED'],
    ['a text as picture', '/upload/image', formOf([{ field: 'image' }]), 400, 'FILE_TYPE_NOT_ALLOWED'],
    ['bytes of another type', '/upload/file', formOf([{ type: 'application/pdf' }]), 400, 'FILE_TYPE_NOT_ALLOWED'],
    [
      'a page that calls itself a PNG',
      '/upload/image',
      formOf([{ ...image, content: '<html>' }]),
      400,
      'FILE_TYPE_NOT_ALLOWED',
    ],
    [
      'half a picture',
      '/upload/image',
      formOf([{ ...image, content: dot.subarray(0, 50) }]),
      400,
      'FILE_TYPE_NOT_ALLOWED',
    ],
    ['a picture over 10 MB', '/upload/image', formOf([{ ...image, content: big }]), 413, 'FILE_TOO_LARGE'],
  ])('%s is refused, and nothing of it stays', async (_what, path, form, status, expected) => {
    const before = (await system.keptFiles()).length;
    const answer = await postForm(system.url, path, ann.token, form);
    expect({ status: answer.status, code: code(answer) }).toEqual({ status, code: expected });
    expect(await system.keptFiles()).toHaveLength(before);
  });

  test('a file over 50 MB is refused as soon as it is', async () => {
    const content = new Uint8Array(50 * 1024 * 1024 + 1).fill(0x61);
    const answer = await postForm(system.url, '/upload/file', ann.token, formOf([{ content }]));
    expect({ status: answer.status, code: code(answer) }).toEqual({ status: 413, code: 'FILE_TOO_LARGE' });
  });

  test('without a token an upload is refused before a byte of it is read', async () => {
    await system.refused(401, 'AUTH_UNAUTHORIZED', 'POST', '/upload/file');
    await system.refused(401, 'AUTH_TOKEN_INVALID', 'POST', '/upload/image', { token: 'x' });
  });

  /** Sends the beginning of a form and cuts the connection. */
  const cutOff = (port: number, token: string, bytes: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const head = [
        'POST /upload/file HTTP/1.1',
        'Host: localhost',
        `Authorization: Bearer ${token}`,
        'Content-Type: multipart/form-data; boundary=cut',
        'Content-Length: 20000000',
        '',
        '--cut',
        'Content-Disposition: form-data; name="file"; filename="a.txt"',
        'Content-Type: text/plain',
        '',
        '',
      ];
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(head.join('\r\n'));
        socket.write('x'.repeat(bytes), () => setImmediate(() => socket.destroy()));
      });
      socket.on('error', reject);
      socket.on('close', () => resolve());
    });

  test('cut-off uploads leave nothing on disk, and the api goes on', async () => {
    const before = (await system.keptFiles()).length;
    const port = Number(new URL(system.url).port);
    await Promise.all(Array.from({ length: 20 }, (_, index) => cutOff(port, ann.token, index * 50_000)));
    await eventually(async () => expect(await system.keptFiles()).toHaveLength(before));
    await uploadFile(system.url, ann.token);
  });

  test('a body that ends before its form does is a 400', async () => {
    const body = '--cut\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhalf a file';
    const headers = { authorization: `Bearer ${ann.token}`, 'content-type': 'multipart/form-data; boundary=cut' };
    const response = await fetch(`${system.url}/upload/file`, { method: 'POST', headers, body });
    expect({ status: response.status, code: code({ body: await response.json() }) }).toEqual({
      status: 400,
      code: 'VALIDATION_ERROR',
    });
  });

  test('an owner deletes a file, and its bytes are gone; nobody else does', async () => {
    const file = await uploadImage(system.url, ann.token);
    const bob = await system.register('bob');
    const stored = await system.keptFiles();
    expect(stored.filter((name) => name === file.id)).toHaveLength(2);
    await system.refused(404, 'RESOURCE_NOT_FOUND', 'DELETE', `/upload/${file.id}`, { token: bob.token });
    const answer = await system.send('DELETE', `/upload/${file.id}`, { token: ann.token });
    expect(answer.status).toBe(200);
    exactly(upload.remove.responses[200], answer);
    expect(await system.keptFiles()).not.toContain(file.id);
    expect((await fetch(file.url)).status).toBe(404);
    await system.refused(404, 'RESOURCE_NOT_FOUND', 'DELETE', `/upload/${file.id}`, { token: ann.token });
    await system.refused(404, 'RESOURCE_NOT_FOUND', 'DELETE', `/upload/${randomUUID()}`, { token: ann.token });
    await system.refused(400, 'VALIDATION_ERROR', 'DELETE', '/upload/no-id', { token: ann.token });
  });

  const announce = async (body: object) =>
    exactly(
      upload.signedUrl.responses[200],
      await system.send('POST', '/upload/signed-url', { token: ann.token, body }),
    ).data;
  const put = (url: string, body: string | Uint8Array<ArrayBuffer>, type = 'text/plain') =>
    fetch(url, { method: 'PUT', body, headers: { 'content-type': type } });

  test('a signed address takes one file, which is read under its public one', async () => {
    const { uploadUrl, publicUrl, expiresAt } = await announce({
      fileName: 'a.txt',
      mimeType: 'text/plain',
      fileSize: 5,
    });
    const lifeMs = Date.parse(expiresAt) - Date.now();
    expect(lifeMs).toBeGreaterThan(14 * 60_000);
    expect(lifeMs).toBeLessThanOrEqual(15 * 60_000);
    expect((await fetch(publicUrl)).status).toBe(400); // nothing has come
    expect((await put(uploadUrl, 'hello')).status).toBe(200);
    expect(await (await fetch(publicUrl)).text()).toBe('hello');
    await put(uploadUrl, 'again'); // it was checked: nobody changes it any more
    expect(await (await fetch(publicUrl)).text()).toBe('hello');
  });

  type Changed = { body?: string; type?: string; change?: (url: string) => string };
  test.each<[what: string, changed: Changed, status: number]>([
    ['another size', { body: 'hello world' }, 413],
    ['fewer bytes', { body: 'hell' }, 400],
    ['another type', { type: 'text/html' }, 400],
    ['a changed name', { change: (url: string) => url.replace(/[0-9a-f]\?/, 'x?') }, 404],
    ['a changed type', { change: (url: string) => url.replace('text%2Fplain', 'text%2Fhtml'), type: 'text/html' }, 404],
    ['a changed size', { change: (url: string) => url.replace('size=5', 'size=4'), body: 'hell' }, 404],
    ['a later end', { change: (url: string) => url.replace(/(until|X-Goog-Expires)=\d/, '$1=8') }, 404],
  ])('a signed address refuses %s', async (_what, { body = 'hello', type, change = (url) => url }, status) => {
    const before = (await system.keptFiles()).length;
    const { uploadUrl } = await announce({ fileName: 'a.txt', mimeType: 'text/plain', fileSize: 5 });
    expect((await put(change(uploadUrl), body, type)).status).toBe(cloud ? 403 : status); // who answers is the store
    expect(await system.keptFiles()).toHaveLength(before);
  });

  test('what came by a signed address is looked at before anybody gets it', async () => {
    const { uploadUrl, publicUrl, fileId } = await announce({ fileName: 'a.png', mimeType: 'image/png', fileSize: 6 });
    expect((await put(uploadUrl, '<html>', 'image/png')).status).toBe(200);
    expect((await fetch(publicUrl)).status).toBe(400);
    expect(await system.keptFiles()).not.toContain(fileId);
  });

  test.each([
    [{ mimeType: 'text/html' }, 400, 'FILE_TYPE_NOT_ALLOWED'],
    [{ mimeType: 'image/svg+xml' }, 400, 'FILE_TYPE_NOT_ALLOWED'],
    [{ fileSize: 50 * 1024 * 1024 + 1 }, 413, 'FILE_TOO_LARGE'],
    [{ mimeType: 'image/png', fileSize: 10 * 1024 * 1024 + 1 }, 413, 'FILE_TOO_LARGE'],
    [{ fileSize: 0 }, 400, 'VALIDATION_ERROR'],
    [{ fileName: '' }, 400, 'VALIDATION_ERROR'],
    [{ fileName: 'x'.repeat(256) }, 400, 'VALIDATION_ERROR'],
    [{ purpose: 'x' }, 400, 'VALIDATION_ERROR'],
  ])('%j gets no signed address', async (change, status, expected) => {
    const body = { fileName: 'a.txt', mimeType: 'text/plain', fileSize: 5, ...change };
    await system.refused(status, expected, 'POST', '/upload/signed-url', { token: ann.token, body });
  });

  test('a signed address whose file is cut off takes nothing, and nobody calls it a bug', async () => {
    const before = (await system.keptFiles()).length;
    const { uploadUrl } = await announce({ fileName: 'a.txt', mimeType: 'text/plain', fileSize: 5_000_000 });
    const { hostname, port, pathname, search } = new URL(uploadUrl);
    const head = [
      `PUT ${pathname}${search} HTTP/1.1`,
      'Host: x',
      'Content-Type: text/plain',
      'Content-Length: 5000000',
    ];
    await new Promise((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`${head.join('\r\n')}\r\n\r\n`);
        socket.write('x'.repeat(200_000), () => setTimeout(() => socket.destroy(), 50));
      });
      socket.on('close', resolve);
    });
    await eventually(async () => expect(await system.keptFiles()).toHaveLength(before));
    await uploadFile(system.url, ann.token);
    expect(system.service.output()).not.toContain('unforeseen error');
  });

  test('a link is for its file alone, and nobody makes one up', async () => {
    const [mine, other] = [await uploadFile(system.url, ann.token), await uploadFile(system.url, ann.token)];
    const forged = [
      mine.url.replace(mine.id, other.id),
      mine.url.replace('scope=owner', 'scope=picture'),
      mine.url.replace(/until=\d/, 'until=9'),
      mine.url.replace(/&sig=.*/, ''),
      mine.url.replace('original.txt', 'original.html'),
    ];
    for (const url of forged) expect((await fetch(url)).status, url).toBe(404);
    expect((await fetch(mine.url.replace('/files/', '/api/files/'))).status).toBe(200);
  });
});
