import { join } from 'node:path';

/** The folder of the built page: `index.html`, and `assets/` with names that change with their content. It may not be there yet. */
export const pageFolder = join(import.meta.dirname, '../page');
