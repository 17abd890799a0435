process.env['FAKE_PORT'] = 'WS_PORT';
await import('./service.fixture.ts');
