import { clientFrames, redisChannels, redisEnvelope, serverFrames, subprotocols } from '@kuraxx/contracts';
import { jsonSchemaOf } from './json-schema.ts';

/** A name that AsyncAPI's references take: `room:join` → `room-join`. */
const keyOf = (name: string): string => name.replaceAll(/[^A-Za-z0-9_-]/g, '-');

const messagesOf = (schemas: Readonly<Record<string, unknown>>, direction: 'input' | 'output') =>
  Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      keyOf(name),
      { name, contentType: 'application/json', payload: jsonSchemaOf(schema, direction) },
    ]),
  );

const referencesTo = (channel: string, names: readonly string[]) =>
  names.map((name) => ({ $ref: `#/channels/${channel}/messages/${keyOf(name)}` }));

/** Redis channels by name; each carries one message. */
const redis = () => {
  const channels: Record<string, object> = {};
  const operations: Record<string, object> = {};
  const names: (keyof typeof redisChannels)[] = [
    'messages:new',
    'messages:saved',
    'messages:update',
    'messages:delete',
  ];
  names.push('presence:online', 'presence:offline', 'typing:start', 'typing:stop', 'room:join', 'room:leave');
  for (const name of names) {
    const key = `redis-${keyOf(name)}`;
    channels[key] = {
      address: name,
      servers: [{ $ref: '#/servers/redis' }],
      messages: messagesOf({ [name]: redisEnvelope(name) }, 'output'),
    };
    operations[`publish-${keyOf(name)}`] = {
      action: 'send',
      channel: { $ref: `#/channels/${key}` },
      messages: referencesTo(key, [name]),
    };
  }
  return { channels, operations };
};

/** What a client may ask for in the handshake, and what it gets without. */
const encodings =
  `Frames are JSON in text messages, with the WebSocket subprotocol \`${subprotocols.json}\` or none. ` +
  `With the subprotocol \`${subprotocols.msgpack}\` the same frames are MessagePack in binary messages.`;

/** The handshake's headers that matter; AsyncAPI has a place for them, but none for other encodings of a message. */
const handshake = {
  ws: {
    bindingVersion: '0.1.0',
    method: 'GET',
    headers: {
      type: 'object',
      properties: {
        'Sec-WebSocket-Protocol': { type: 'string', enum: Object.values(subprotocols), description: encodings },
      },
    },
  },
};

/**
 * The WebSocket frames and the Redis channels as AsyncAPI 3.0, made from the schemas that parse and check them. Server and client
 * frames of one name differ, so each direction is a channel of its own on the same address.
 *
 * @param wsUrl where clients find the gateway
 */
export const asyncApiDocument = (wsUrl: string) => {
  const { channels, operations } = redis();
  const { protocol, host, pathname } = new URL(wsUrl);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'KuraXX live',
      version: '1.0.0',
      description: `WebSocket frames of the gateway, and the Redis channels that mirror what happens. ${encodings}`,
      license: { name: 'MIT' },
    },
    servers: {
      gateway: { host, pathname, protocol: protocol.replace(':', '') },
      redis: { host: 'redis', protocol: 'redis', description: 'The Redis that the bridge publishes to' },
    },
    channels: {
      'from-clients': {
        address: '/',
        servers: [{ $ref: '#/servers/gateway' }],
        bindings: handshake,
        messages: messagesOf(clientFrames, 'input'),
      },
      'to-clients': {
        address: '/',
        servers: [{ $ref: '#/servers/gateway' }],
        bindings: handshake,
        messages: messagesOf(serverFrames, 'output'),
      },
      ...channels,
    },
    operations: {
      receive: {
        action: 'receive',
        channel: { $ref: '#/channels/from-clients' },
        messages: referencesTo('from-clients', Object.keys(clientFrames)),
      },
      send: {
        action: 'send',
        channel: { $ref: '#/channels/to-clients' },
        messages: referencesTo('to-clients', Object.keys(serverFrames)),
      },
      ...operations,
    },
  };
};
