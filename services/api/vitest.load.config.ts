import { mergeConfig } from 'vitest/config';
import { projectConfig } from '../../vitest.shared.ts';

const shared = projectConfig({ servers: true });

/** What is too heavy for `npm test`. */
export default { ...mergeConfig(shared, {}), test: { ...shared.test, include: ['src/**/*.load.ts'] } };
