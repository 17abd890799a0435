import { connect } from 'node:net';

/**
 * Connects to 127.0.0.1, sends `request` and resolves with the first bytes of the answer as text.
 *
 * @returns `undefined` when nobody answers within the time
 */
export const firstAnswer = (port: number, request = '', timeoutMs = 1_000): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (answer: string | undefined): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => finish(undefined));
    socket.once('error', () => finish(undefined));
    socket.once('close', () => finish(undefined));
    socket.once('data', (data) => finish(data.toString('utf8')));
    if (request !== '') socket.write(request);
  });
