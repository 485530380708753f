import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { createMemoryLog } from '../../src/adapters/log/memory-log.ts';
import { createSeededRandom } from '../../src/adapters/random/seeded-random.ts';
import { type BrokerOptions, createBroker } from '../../src/messaging/broker/index.ts';
import { err, msg, PING, PONG, pub, QUIET } from './conformance/conversation.ts';
import { RawClient } from './support/raw-client.ts';
import { type StartedBroker, startBroker } from './support/start-broker.ts';

const started: StartedBroker[] = [];

async function start(options?: BrokerOptions): Promise<StartedBroker> {
  const one = await startBroker(options);
  started.push(one);
  return one;
}

async function open(one: StartedBroker): Promise<RawClient> {
  return (await RawClient.openWithInfo(one.address.port)).client;
}

/** Sends and waits until the broker has done all of it. */
async function say(client: RawClient, text: string): Promise<string> {
  client.send(text + PING);
  expect(await client.until(() => client.received.endsWith(PONG))).toBe(true);
  return client.take().slice(0, -PONG.length);
}

afterEach(async () => {
  for (const one of started.splice(0)) {
    await one.broker.close();
    expect(one.failures).toEqual([]);
  }
});

describe('listen', () => {
  it('says what to change when the port is in use', async () => {
    const server: Server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(startBroker({ port })).rejects.toThrow(
      `NATS broker: port ${port} on 127.0.0.1 is in use; ` +
        'stop the other server or choose another port',
    );
    await new Promise((resolve) => server.close(resolve));
  });

  it.for([
    [{ maxPayloadBytes: -1 }, 'maxPayloadBytes must be a whole number of at least 0'],
    [{ port: 70_000 }, 'port must be at most 65535'],
    [{ pingIntervalMs: 0.5 }, 'pingIntervalMs must be a whole number of at least 1'],
    [{ authorization: { token: '$2a$11$abc' } }, 'bcrypt passwords are not supported'],
    [{ authorization: { user: 'u' } }, 'authorization.user and authorization.password go together'],
    [
      {
        authorization: {
          users: [{ user: 'u', password: 'p', permissions: { publish: { deny: ['a..b'] } } }],
        },
      },
      'permission "a..b" of user "u" is not a valid subject',
    ],
    [
      {
        authorization: {
          users: [
            { user: 'u', password: 'p' },
            { user: 'u', password: 'q' },
          ],
        },
      },
      'authorization.users names a user twice',
    ],
  ] as const)('refuses %j', async ([options, problem]) => {
    await expect(startBroker(options)).rejects.toThrow(`NATS broker: ${problem}`);
  });

  it('refuses a key that is not one', async () => {
    await expect(startBroker({ tls: { key: 'x', cert: 'y' } })).rejects.toThrow();
  });

  it('may be called once', async () => {
    const one = await start();
    await expect(one.broker.listen()).rejects.toThrow('was called before');
  });
});

describe('close', () => {
  it('frees the port, sends what is pending and ends the clients', async () => {
    const one = await start();
    const client = await open(one);
    await say(client, `${QUIET}SUB last 1\r\n`);
    client.send(pub('last', 'word'));
    await client.until(() => client.received !== '');
    const closing = one.broker.close();
    const again = await start({ port: one.address.port });
    await closing;
    expect(await client.until(() => client.isClosed)).toBe(true);
    expect(client.take()).toBe(msg('last', 1, 'word'));
    expect(one.broker.stats()).toMatchObject({ connections: 0, subscriptions: 0 });
    await say(await open(again), '');
  });

  it('does not wait longer than the grace for a client that reads nothing', async () => {
    const one = await start({ closeGraceMs: 50 });
    const client = await open(one);
    client.socket.pause();
    const other = await open(one);
    await say(other, QUIET);
    const beforeMs = performance.now();
    await one.broker.close();
    expect(performance.now() - beforeMs).toBeLessThan(2_000);
    client.close();
  });

  it('may be called before listen, and twice', async () => {
    const ports = {
      clock: createRealClock(),
      random: createSeededRandom(1),
      log: createMemoryLog().log,
    };
    const broker = createBroker({ port: 0 }, ports);
    await broker.close();
    await broker.close();
    await expect(broker.listen()).rejects.toThrow('was called before');
  });
});

describe('a bug', () => {
  it('is reported once, costs only its client, and does not escape', async () => {
    let isBroken = false;
    const random = createSeededRandom(1);
    const log = createMemoryLog();
    const failures: Error[] = [];
    const broker = createBroker(
      { port: 0, onFailure: (error) => failures.push(error) },
      {
        clock: createRealClock(),
        log: log.log,
        random: {
          ...random,
          below: (limit) => {
            if (isBroken) throw new Error('broken random');
            return random.below(limit);
          },
        },
      },
    );
    const { port } = await broker.listen();
    const { client: victim } = await RawClient.openWithInfo(port);
    const { client: other } = await RawClient.openWithInfo(port);
    await say(other, QUIET);
    isBroken = true;
    victim.send(`SUB foo q 1\r\nSUB foo q 2\r\n${pub('foo').repeat(2)}`);
    expect(await victim.until(() => victim.isClosed)).toBe(true);
    await say(other, '');
    expect(failures.map((error) => error.message)).toEqual(['broken random']);
    expect(log.lines.filter((line) => line.message === 'broker-bug')).toHaveLength(1);
    await broker.close();
  });
});

describe('slow consumers', () => {
  const CHUNK = 'x'.repeat(64_000);

  it('are cut above the pending limit and counted, and others get everything', async () => {
    const one = await start({ maxPendingBytes: 1_000_000 });
    const [slow, healthy, publisher] = [await open(one), await open(one), await open(one)];
    for (const client of [slow, healthy]) await say(client, `${QUIET}SUB flood 1\r\n`);
    slow.socket.pause();
    await say(publisher, QUIET);
    let sent = 0;
    while (one.broker.stats().slowConsumers === 0 && sent < 1_000) {
      await say(publisher, pub('flood', CHUNK));
      sent += 1;
    }
    expect(one.broker.stats()).toMatchObject({ slowConsumers: 1, connections: 2 });
    const expected = msg('flood', 1, CHUNK).length * sent;
    expect(await healthy.until(() => healthy.received.length >= expected)).toBe(true);
    expect(healthy.received.length).toBe(expected);
    expect(one.broker.stats().stalls).toBeGreaterThan(0);
    slow.close();
  });

  it('are cut when a write takes longer than the deadline', async () => {
    const one = await start({ writeDeadlineMs: 100 });
    const [slow, publisher] = [await open(one), await open(one)];
    await say(slow, `${QUIET}SUB flood 1\r\n`);
    slow.socket.pause();
    await say(publisher, QUIET);
    while (one.broker.stats().pendingBytes === 0) await say(publisher, pub('flood', CHUNK));
    await expect
      .poll(() => one.broker.stats(), { timeout: 3_000 })
      .toMatchObject({
        slowConsumers: 1,
        connections: 1,
        pendingBytes: 0,
      });
    slow.close();
  });

  it('are not those who read slowly but steadily', async () => {
    const one = await start({ writeDeadlineMs: 300 });
    const [reader, publisher] = [await open(one), await open(one)];
    await say(reader, `${QUIET}SUB flood 1\r\n`);
    await say(publisher, QUIET);
    for (let round = 0; round < 6; round += 1) {
      reader.socket.pause();
      while (one.broker.stats().pendingBytes === 0) await say(publisher, pub('flood', CHUNK));
      await new Promise((resolve) => setTimeout(resolve, 100));
      reader.socket.resume();
      await expect.poll(() => one.broker.stats().pendingBytes, { interval: 5 }).toBe(0);
    }
    expect(one.broker.stats()).toMatchObject({ slowConsumers: 0, connections: 2 });
  });
});

describe('batching', () => {
  it('writes once per turn, not once per message', async () => {
    const one = await start();
    const [subscriber, publisher] = [await open(one), await open(one)];
    await say(subscriber, `${QUIET}SUB many 1\r\n`);
    let chunks = 0;
    subscriber.socket.on('data', () => {
      chunks += 1;
    });
    publisher.send(QUIET + pub('many', 'x').repeat(1_000));
    const expected = msg('many', 1, 'x').length * 1_000;
    await subscriber.until(() => subscriber.received.length === expected);
    expect(chunks).toBeLessThan(20);
  });

  it('passes a large payload on unchanged while later bytes arrive', async () => {
    const one = await start();
    const client = await open(one);
    await say(client, `${QUIET}SUB big 1\r\n`);
    const payloads = Array.from({ length: 40 }, (_, index) =>
      String.fromCharCode(65 + index).repeat(20_000 + index * 1_000),
    );
    client.send(payloads.map((payload) => pub('big', payload)).join(''));
    const expected = payloads.map((payload) => msg('big', 1, payload)).join('');
    await client.until(() => client.received.length >= expected.length);
    expect(client.received === expected).toBe(true);
  });
});

describe('two brokers in one process', () => {
  it('share nothing', async () => {
    const [first, second] = [await start(), await start()];
    const [a, b] = [await open(first), await open(second)];
    await say(a, `${QUIET}SUB foo 1\r\n`);
    expect(await say(b, `${QUIET}SUB bar 1\r\n${pub('foo')}`)).toBe('');
    expect(await say(a, pub('bar'))).toBe('');
    expect(first.broker.stats()).toMatchObject({ subscriptions: 1, inMessages: 1 });
  });
});

describe('connections above the limit', () => {
  it('are refused, and a place is free again after one left', async () => {
    const one = await start({ maxConnections: 2 });
    const [a, b] = [await open(one), await open(one)];
    const refused = await open(one);
    await refused.until(() => refused.isClosed);
    expect(refused.take()).toBe(err('maximum connections exceeded'));
    await say(b, '');
    a.close();
    await expect.poll(() => one.broker.stats().connections).toBe(1);
    await say(await open(one), '');
  });
});
