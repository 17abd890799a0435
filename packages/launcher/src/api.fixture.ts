process.env['FAKE_PORT'] = 'PORT';
await import('./service.fixture.ts');
