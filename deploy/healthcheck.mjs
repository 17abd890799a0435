// The image's health check. The api and the gateway answer over HTTP; the others are healthy while the log can be reached.
import { connect } from 'node:net';

const { SERVICE, PORT = '3001', WS_PORT = '3002', NATS_URL = 'nats://127.0.0.1:4222' } = process.env;

const answers = async (port) => (await fetch(`http://127.0.0.1:${port}/health`)).ok;

const accepts = (url) =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url.includes('://') ? url : `nats://${url}`);
    const socket = connect(Number(port || 4222), hostname, () => resolve(true));
    socket.on('error', () => resolve(false));
  });

const isHealthy = () => {
  if (SERVICE === 'api') return answers(PORT);
  if (SERVICE === 'gateway') return answers(WS_PORT);
  return accepts(NATS_URL.split(',')[0]);
};

process.exit((await isHealthy().catch(() => false)) ? 0 : 1);
