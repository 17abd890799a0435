import { emptyReadModel } from '@kuraxx/read-model';
import { createLogger, readConfig } from '@kuraxx/runtime';

const config = readConfig(process.env);
const logger = createLogger('projector', config);

await emptyReadModel(config.databaseUrl);
logger.info('the read model is empty; the projectors build it anew from the log');
