import { mergeConfig } from 'vitest/config';
import { projectConfig } from '../../vitest.shared.ts';

export default mergeConfig(projectConfig(), { test: { include: ['ui/**/*.test.ts'] } });
