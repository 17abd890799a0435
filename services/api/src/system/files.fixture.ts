import { readdir } from 'node:fs/promises';
import { apiContract } from '@kuraxx/contracts';
import { expect } from 'vitest';
import { exactly } from './client.fixture.ts';

const { upload } = apiContract;

/** The smallest PNG. */
export const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export type Part = { field?: string; name?: string; type?: string; content?: Uint8Array<ArrayBuffer> | string };

export const formOf = (parts: readonly Part[], fields: Record<string, string> = {}): FormData => {
  const form = new FormData();
  for (const { field = 'file', name = 'log.txt', type = 'text/plain', content = 'hello world\n' } of parts) {
    form.append(field, new Blob([content], { type }), name);
  }
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  return form;
};

/** Posts a form. The envelope of the answer is the caller's to check. */
export const postForm = async (url: string, path: string, token: string, body: FormData | string) => {
  const response = await fetch(url + path, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body });
  const answer: unknown = await response.json();
  return { status: response.status, body: answer };
};

export const uploadFile = async (url: string, token: string, part: Part = {}, fields: Record<string, string> = {}) => {
  const answer = await postForm(url, '/upload/file', token, formOf([part], fields));
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return exactly(upload.file.responses[201], answer).data.file;
};

export const uploadImage = async (url: string, token: string, part: Part = {}) => {
  const picture = { field: 'image', name: 'dot.png', type: 'image/png', content: dot, ...part };
  const answer = await postForm(url, '/upload/image', token, formOf([picture]));
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return exactly(upload.image.responses[201], answer).data.file;
};

/** Every file under a folder. */
export const filesUnder = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
};
