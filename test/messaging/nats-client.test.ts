import {
  type ConnectionOptions,
  connect,
  headers,
  type Msg,
  type NatsConnection,
  type Subscription,
} from 'nats';
import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerOptions } from '../../src/messaging/broker/index.ts';
import { type StartedBroker, startBroker } from './support/start-broker.ts';

/** The official client library against the embedded broker. */
describe('nats client library', () => {
  const started: StartedBroker[] = [];
  const connections: NatsConnection[] = [];

  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
    for (const one of started.splice(0)) {
      await one.broker.close();
      expect(one.failures).toEqual([]);
    }
  });

  async function start(options?: BrokerOptions): Promise<StartedBroker> {
    const one = await startBroker(options);
    started.push(one);
    return one;
  }

  async function join(url: string, options: ConnectionOptions = {}): Promise<NatsConnection> {
    const connection = await connect({ servers: url, ...options });
    connections.push(connection);
    return connection;
  }

  async function collect(subscription: Subscription): Promise<string[]> {
    const texts: string[] = [];
    for await (const message of subscription) texts.push(message.string());
    return texts;
  }

  it('publishes and subscribes', async () => {
    const { url } = await start();
    const [a, b] = [await join(url), await join(url)];
    const texts = collect(b.subscribe('greet.*', { max: 2 }));
    await b.flush();
    a.publish('greet.one', 'hello');
    a.publish('other', 'nobody');
    a.publish('greet.two', 'world');
    expect(await texts).toEqual(['hello', 'world']);
  });

  it.for([false, true])('requests and replies, noMux %s', async (noMux) => {
    const { url } = await start();
    const [a, b] = [await join(url), await join(url)];
    b.subscribe('ask', { callback: (_, message) => message.respond(`re ${message.string()}`) });
    await b.flush();
    const answer = await a.request('ask', 'you', { timeout: 2_000, noMux });
    expect(answer.string()).toBe('re you');
  });

  it('gathers many replies', async () => {
    const { url } = await start();
    const a = await join(url);
    for (let member = 0; member < 3; member += 1) {
      a.subscribe('census', { callback: (_, message) => message.respond(String(member)) });
    }
    const seen: string[] = [];
    const options = { maxMessages: 3, maxWait: 2_000, strategy: 'count' as never };
    for await (const message of await a.requestMany('census', '', options)) {
      seen.push(message.string());
    }
    expect(seen.sort()).toEqual(['0', '1', '2']);
  });

  it.for([false, true])('tells that nobody answers, noMux %s', async (noMux) => {
    const { url } = await start();
    const a = await join(url);
    const request = a.request('nobody', '', { timeout: 2_000, noMux });
    await expect(request).rejects.toMatchObject({ code: '503' });
  });

  it('delivers once per queue group', async () => {
    const { url } = await start();
    const connectionsOfGroup = [await join(url), await join(url), await join(url)];
    let received = 0;
    for (const member of connectionsOfGroup) {
      member.subscribe('work', { queue: 'g', callback: () => (received += 1) });
      await member.flush();
    }
    const a = await join(url);
    for (let index = 0; index < 100; index += 1) a.publish('work');
    await a.flush();
    for (const member of connectionsOfGroup) await member.flush();
    expect(received).toBe(100);
  });

  it('carries headers', async () => {
    const { url } = await start();
    const a = await join(url);
    const got = new Promise<Msg>((resolve) => {
      a.subscribe('h', { callback: (_, message) => resolve(message) });
    });
    const values = headers();
    values.append('X-Key', 'one');
    values.append('X-Key', 'two');
    a.publish('h', 'body', { headers: values });
    const message = await got;
    expect(message.headers?.values('X-Key')).toEqual(['one', 'two']);
    expect(message.string()).toBe('body');
  });

  it('drains without loss', async () => {
    const { url } = await start();
    const [a, b] = [await join(url), await join(url)];
    const texts = collect(b.subscribe('drain'));
    await b.flush();
    for (let index = 0; index < 1_000; index += 1) a.publish('drain', String(index));
    await a.flush();
    await b.drain();
    expect(await texts).toEqual(Array.from({ length: 1_000 }, (_, index) => String(index)));
  });

  it('carries a payload of the greatest size and refuses a greater one', async () => {
    const { url } = await start();
    const a = await join(url);
    expect(a.info?.max_payload).toBe(1_048_576);
    const got = new Promise<Msg>((resolve) => {
      a.subscribe('big', { callback: (_, message) => resolve(message) });
    });
    const payload = Buffer.alloc(1_048_576, 'x');
    a.publish('big', payload);
    expect(Buffer.compare((await got).data, payload)).toBe(0);
    expect(() => a.publish('big', Buffer.alloc(1_048_577))).toThrow(/MAX_PAYLOAD/i);
  });

  it('connects again after a restart on the same port, with its subscriptions', async () => {
    const first = await start();
    const a = await join(first.url, { reconnectTimeWait: 20, maxReconnectAttempts: -1 });
    const texts = collect(a.subscribe('again', { max: 2 }));
    a.publish('again', 'before');
    await a.flush();
    const reconnected = (async () => {
      for await (const status of a.status()) if (String(status.type) === 'reconnect') return;
    })();
    await first.broker.close();
    await start({ port: first.address.port });
    await reconnected;
    a.publish('again', 'after');
    expect(await texts).toEqual(['before', 'after']);
  });

  const wrong = { code: 'AUTHORIZATION_VIOLATION' };

  it('logs in with user and password', async () => {
    const { url } = await start({ authorization: { user: 'u', password: 'pässword' } });
    const a = await join(url, { user: 'u', pass: 'pässword' });
    await a.flush();
    await expect(join(url, { user: 'u', pass: 'no', reconnect: false })).rejects.toMatchObject(
      wrong,
    );
    await expect(join(url, { reconnect: false })).rejects.toMatchObject(wrong);
  });

  it('logs in with a token', async () => {
    const { url } = await start({ authorization: { token: 'tok' } });
    await (await join(url, { token: 'tok' })).flush();
    await expect(join(url, { token: 'no', reconnect: false })).rejects.toMatchObject(wrong);
  });

  it('tells the client what it may not do', async () => {
    const { url } = await start({
      authorization: {
        users: [{ user: 'u', password: 'p', permissions: { publish: { allow: ['yes'] } } }],
      },
    });
    const a = await join(url, { user: 'u', pass: 'p' });
    const denied = (async () => {
      for await (const status of a.status()) {
        if (status.permissionContext !== undefined) return status.permissionContext;
      }
      return undefined;
    })();
    a.publish('no');
    expect(await denied).toEqual({ operation: 'publish', subject: 'no' });
  });

  it('passes 200 000 messages through one subscriber in order', async () => {
    const { url, broker } = await start();
    const [a, b] = [await join(url), await join(url)];
    const total = 200_000;
    let next = 0;
    let misplaced = 0;
    const all = new Promise<void>((resolve) => {
      b.subscribe('flood', {
        callback: (_, message) => {
          if (Number(message.string()) !== next) misplaced += 1;
          next += 1;
          if (next === total) resolve();
        },
      });
    });
    await b.flush();
    for (let index = 0; index < total; index += 1) {
      a.publish('flood', String(index));
      if (index % 10_000 === 9_999) await a.flush();
    }
    await all;
    expect({ next, misplaced }).toEqual({ next: total, misplaced: 0 });
    expect(broker.stats()).toMatchObject({
      inMessages: total,
      outMessages: total,
      slowConsumers: 0,
    });
  });
});
