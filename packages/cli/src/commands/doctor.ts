import { styleText } from 'node:util';
import { z } from 'zod';
import { checkConfiguration } from '../doctor/configuration.ts';
import { bad, type Finding, good, reasonOf } from '../doctor/finding.ts';
import { checkLog } from '../doctor/log.ts';
import { checkReadModels } from '../doctor/read-models.ts';
import { checkRedis } from '../doctor/redis.ts';
import { checkServices } from '../doctor/services.ts';
import type { CommandFile } from '../frame/command-file.ts';
import type { Servers } from '../frame/servers.ts';

const marks = { good: styleText('green', '✓'), poor: styleText('yellow', '!'), bad: styleText('red', '✗') } as const;

const textOf = ({ about, state, says, advice }: Finding): string =>
  `${marks[state]} ${about.padEnd(16)} ${says}${advice === undefined ? '' : `\n  ${''.padEnd(16)} → ${advice}`}`;

const examine = async (servers: Servers, env: NodeJS.ProcessEnv): Promise<Finding[]> => {
  const configuration = checkConfiguration(env);
  try {
    const { origin } = await servers.target();
    const found = await Promise.all([
      checkLog(servers, env['KURAXX_PARTITIONS'] || undefined),
      checkReadModels(servers),
      checkRedis(servers),
      checkServices(servers),
    ]);
    return [...configuration, good('system', `from ${origin}`), ...found.flat()];
  } catch (error) {
    return [
      ...configuration,
      bad('system', reasonOf(error), 'run npm start, or set NATS_URL, DATABASE_URL and REDIS_URL'),
    ];
  }
};

export const doctor: CommandFile = (program, action) => {
  program
    .command('doctor')
    .summary('check configuration and servers, and say what to do')
    .description(
      'Looks at the configuration, at every server and at the state of log and read models, and says what to do about what is ' +
        'wrong. Changes nothing. Exits with 3 when something is.',
    )
    .action(
      action(z.object({}), async ({ servers, output, io }) => {
        const findings = await examine(servers, io.env);
        const healthy = findings.every(({ state }) => state !== 'bad');
        output.result({ healthy, findings }, () => findings.map(textOf).join('\n'));
        return healthy ? 'done' : 'unsound';
      }),
    );
};
