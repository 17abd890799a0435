import { Problem } from './problem.ts';

/** As many fields as a form or a query may have: more only cost time. */
const maxFields = 2000;

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw new Problem('VALIDATION_ERROR', { message: 'A percent escape is malformed', cause });
  }
};

/**
 * Reads `a=1&b=2`, in a query or in a form. A name that comes twice, or ends in `[]`, gives an array.
 *
 * @throws {Problem} on a malformed percent escape (also one that is no UTF-8) and on more than 2000 fields
 */
export const parseForm = (text: string): Record<string, string | string[]> => {
  const pairs = text.split('&', maxFields + 1).filter((pair) => pair !== '');
  if (pairs.length > maxFields) throw new Problem('PAYLOAD_TOO_LARGE', { message: 'Too many fields' });
  const fields = new Map<string, string | string[]>();
  for (const pair of pairs) {
    const cut = pair.indexOf('=');
    const name = decode(cut === -1 ? pair : pair.slice(0, cut));
    const value = cut === -1 ? '' : decode(pair.slice(cut + 1));
    const key = name.endsWith('[]') ? name.slice(0, -2) : name;
    const earlier = fields.get(key);
    if (Array.isArray(earlier)) earlier.push(value);
    else if (earlier !== undefined) fields.set(key, [earlier, value]);
    else fields.set(key, name === key ? value : [value]);
  }
  return Object.fromEntries(fields);
};

/** The query of a request's URL, strictly decoded. */
export const parseQuery = (url: string): Record<string, string | string[]> => {
  const start = url.indexOf('?');
  return start === -1 ? {} : parseForm(url.slice(start + 1));
};
