import { once } from 'node:events';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { connect } from 'nats';
import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerOptions } from '../../src/messaging/broker/index.ts';
import { PING } from './conformance/conversation.ts';
import { RawClient } from './support/raw-client.ts';
import { type StartedBroker, startBroker } from './support/start-broker.ts';
import {
  STRANGER_CERTIFICATE,
  STRANGER_KEY,
  TEST_CERTIFICATE,
  TEST_KEY,
} from './support/test-certificate.ts';

const TLS = { key: TEST_KEY, cert: TEST_CERTIFICATE };

describe('TLS', () => {
  const started: StartedBroker[] = [];

  afterEach(async () => {
    for (const one of started.splice(0)) {
      await one.broker.close();
      expect(one.failures).toEqual([]);
    }
  });

  async function start(options: BrokerOptions): Promise<StartedBroker> {
    const one = await startBroker(options);
    started.push(one);
    return one;
  }

  it('is announced in a plain INFO, then carries the protocol', async () => {
    const { address, url } = await start({ tls: TLS });
    const { client, info } = await RawClient.openWithInfo(address.port);
    expect(JSON.parse(info.slice('INFO '.length))).toMatchObject({ tls_required: true });
    client.close();
    const connection = await connect({ servers: url, tls: { ca: TEST_CERTIFICATE } });
    connection.subscribe('echo', { callback: (_, message) => message.respond(message.data) });
    const payload = Buffer.alloc(300_000, 'x');
    await connection.flush();
    const answer = await connection.request('echo', payload, { timeout: 5_000 });
    expect(Buffer.compare(answer.data, payload)).toBe(0);
    await connection.close();
  });

  it('refuses plain text', async () => {
    const { address, broker } = await start({ tls: TLS });
    const { client } = await RawClient.openWithInfo(address.port);
    client.send(PING);
    expect(await client.until(() => client.isClosed)).toBe(true);
    expect(client.take()).not.toContain('PONG');
    await expect.poll(() => broker.stats().connections).toBe(0);
  });

  async function handshake(port: number, tls: object): Promise<TLSSocket> {
    const { client } = await RawClient.openWithInfo(port);
    client.socket.removeAllListeners('data');
    const secured = connectTls({ socket: client.socket, ca: TEST_CERTIFICATE, ...tls });
    await once(secured, 'secureConnect');
    return secured;
  }

  it('asks for a client certificate when it is to verify', async () => {
    const { address, broker } = await start({
      tls: { ...TLS, ca: TEST_CERTIFICATE, verify: true },
    });
    const trusted = await handshake(address.port, TLS);
    trusted.write(PING);
    const [answer] = (await once(trusted, 'data')) as [Buffer];
    expect(answer.toString()).toBe('PONG\r\n');
    for (const own of [{}, { key: STRANGER_KEY, cert: STRANGER_CERTIFICATE }]) {
      const stranger = await handshake(address.port, own);
      let heard = '';
      stranger.on('data', (chunk: Buffer) => {
        heard += chunk.toString();
      });
      stranger.on('error', () => {});
      stranger.write(PING);
      await new Promise<void>((resolve) => stranger.once('close', () => resolve()));
      expect(heard).toBe('');
    }
    expect(broker.stats().connections).toBe(1);
    trusted.destroy();
  });
});
