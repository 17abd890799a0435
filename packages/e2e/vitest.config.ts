import { availableParallelism } from 'node:os';
import { mergeConfig } from 'vitest/config';
import { projectConfig } from '../../vitest.shared.ts';

/** These files wait for processes of their own much of the time: two at once, even where vitest would leave a core free. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

export default mergeConfig(projectConfig({ servers: true }), { test: { maxWorkers } });
