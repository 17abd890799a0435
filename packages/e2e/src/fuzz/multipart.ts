/** What separates the parts of generated forms. */
export const boundary = 'zz-boundary';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** What a file's field says about it: not always the truth. */
const describe = (name: string, content: string): string => {
  if (name !== 'file' && name !== 'image') return `name="${name}"`;
  const type = ['text/plain', 'image/png', 'application/zip', 'text/html', 'image/*', ''][content.length % 6] ?? '';
  const fileName = ['some.txt', '', '../../x', 'a"b', 'x'.repeat(300), 'ü\u202e.png'][content.length % 6] ?? '';
  return `name="${name}"; filename="${fileName}"\r\nContent-Type: ${type}`;
};

/** A form of browsers with a part for each property. */
export const multipartOf = (value: unknown): string => {
  const fields: [string, unknown][] =
    typeof value === 'object' && value !== null ? Object.entries(value) : [['', value]];
  const parts = fields.map(([name, field]) => {
    const content = textOf(field);
    return `--${boundary}\r\nContent-Disposition: form-data; ${describe(name, content)}\r\n\r\n${content}\r\n`;
  });
  return `${parts.join('')}--${boundary}--\r\n`;
};
