import { readConfig } from '@kuraxx/runtime';

// Refuses what every service refuses in its environment
const { databaseUrl } = readConfig(process.env);
process.env['FAKE_SAYS'] = `the database is ${databaseUrl}`;
await import('./service.fixture.ts');
