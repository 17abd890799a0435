import { subprotocols } from '@kuraxx/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCore } from './core/core.ts';
import type { CoreEvent } from './core/events.ts';
import { defaultRules } from './core/rules.ts';
import { msgpack } from './msgpack.ts';
import { createRunner, type Socket } from './runner.ts';

test('it asks for the subprotocol of the contract', () => expect(msgpack.protocol).toBe(subprotocols.msgpack));

/** @throws {Error} when it can't be said */
const encoded = (value: unknown): Uint8Array<ArrayBuffer> => {
  const bytes = msgpack.encode(value);
  if (bytes === undefined) throw new Error('it is not said');
  return bytes;
};

test('half a surrogate, which the gateway refuses by name in JSON, is left to JSON', () => {
  expect(msgpack.encode({ content: 'a\ud800b' })).toBeUndefined();
  expect(msgpack.encode({ content: 'a\u{1f389}b' })).toBeDefined();
});

test('whatever JSON says comes through, and what JSON leaves out is left out', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z]*$/), fc.oneof(fc.jsonValue(), fc.constant(undefined))),
      (value) => {
        const json = JSON.stringify(value);
        fc.pre(!json.includes('__proto__'));
        expect(msgpack.decode(encoded(value))).toEqual(JSON.parse(json));
      },
    ),
  );
});

/** As the runner sees it, with handlers that can be called. */
type FakeSocket = Socket & { onopen: (() => void) | null; onmessage: ((event: { data: unknown }) => void) | null };

/** A server's side of a socket that has agreed on `protocol`. */
const connect = (protocol: string) => {
  const sent: unknown[] = [];
  const events: CoreEvent[] = [];
  const socket: FakeSocket = {
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    binaryType: 'blob',
    protocol,
    send: (data) => void sent.push(typeof data === 'string' ? `text ${data}` : msgpack.decode(data)),
    close: () => undefined,
  };
  const runner = createRunner({
    core: createCore(defaultRules),
    open: () => socket,
    frames: msgpack,
    token: async () => 'a token',
    tell: (event) => void events.push(event),
    keep: () => undefined,
    drop: () => undefined,
  });
  return { runner, socket, sent, events };
};
const authenticated = { type: 'authenticated', payload: { userId: 'u1', username: 'mira' }, timestamp: 1 };

test('frames go out and come in packed where the server has agreed, as JSON where it has not', async () => {
  const agreed = connect(msgpack.protocol);
  const plain = connect('kuraxx.v1+json');
  for (const { runner, socket } of [agreed, plain]) {
    runner.input({ type: 'connect' });
    await expect.poll(() => socket.onopen).not.toBeNull();
    expect(socket.binaryType).toBe('arraybuffer');
    socket.onopen?.();
  }
  expect(agreed.sent).toMatchObject([{ type: 'authenticate', payload: { token: 'a token' } }]);
  expect(plain.sent).toEqual([expect.stringContaining('text {"type":"authenticate"')]);
  agreed.socket.onmessage?.({ data: Uint8Array.from([0xc1]).buffer }); // no frame: let it be
  agreed.socket.onmessage?.({ data: encoded(authenticated).buffer });
  plain.socket.onmessage?.({ data: JSON.stringify(authenticated) });
  for (const { runner, events } of [agreed, plain]) {
    expect(events).toContainEqual({ type: 'connection', connection: { phase: 'online' } });
    runner.stop();
  }
});
