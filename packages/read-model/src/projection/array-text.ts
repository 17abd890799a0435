const special = /["\\]/;
const specials = /["\\]/g;

const quoted = (text: string): string => `"${special.test(text) ? text.replace(specials, '\\$&') : text}"`;

/**
 * One value of each row as the text of a Postgres array: a parameter that is cast (`::text[]`). The driver makes the same of an array, at
 * ten times the cost, which was a sixth of all CPU of a replay.
 */
export const arrayText = <T>(rows: readonly T[], valueOf: (row: T) => string | number | null): string => {
  let text = '';
  for (const row of rows) {
    const value = valueOf(row);
    text += typeof value === 'string' ? `,${quoted(value)}` : value === null ? ',NULL' : `,${value}`;
  }
  return `{${text.slice(1)}}`;
};
