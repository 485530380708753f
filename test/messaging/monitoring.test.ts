import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toUptime } from '../../src/messaging/broker/monitor-reports.ts';
import { freePort } from '../support/free-ports.ts';
import { PING, PONG, pub } from './conformance/conversation.ts';
import { RawClient } from './support/raw-client.ts';
import { realServerVersion, startRealServer } from './support/real-server.ts';
import { type StartedBroker, startBroker } from './support/start-broker.ts';

type Report = Record<string, unknown>;

async function get(
  port: number | undefined,
  path: string,
): Promise<{ status: number; body: Report }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, body: (await response.json()) as Report };
}

function typesOf(report: Report): Record<string, string> {
  return Object.fromEntries(Object.entries(report).map(([key, value]) => [key, typeof value]));
}

describe('monitoring', () => {
  let started: StartedBroker;
  let client: RawClient;

  beforeEach(async () => {
    started = await startBroker({ monitor: { port: 0 } });
    client = (await RawClient.openWithInfo(started.address.port)).client;
    const name = Buffer.from('nämé').toString('latin1');
    client.send(`CONNECT {"verbose":false,"pedantic":false,"name":"${name}","lang":"ts"}\r\n`);
    client.send('SUB foo.* 1\r\nSUB foo.bar q 2\r\nUNSUB 2 9\r\n');
    client.send(pub('foo.bar', 'abc') + PING);
    await client.until(() => client.received.endsWith(PONG));
  });

  afterEach(async () => {
    client.close();
    await started.broker.close();
    expect(started.failures).toEqual([]);
  });

  it('is off unless asked for', async () => {
    const silent = await startBroker();
    expect(silent.address.monitorPort).toBeUndefined();
    await silent.broker.close();
  });

  it('/varz has totals and limits', async () => {
    const { status, body } = await get(started.address.monitorPort, '/varz');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      port: started.address.port,
      connections: 1,
      total_connections: 1,
      in_msgs: 1,
      in_bytes: 3,
      out_msgs: 2,
      out_bytes: 6,
      subscriptions: 2,
      slow_consumers: 0,
      max_payload: 1_048_576,
      ping_interval: 120_000_000_000,
      write_deadline: 10_000_000_000,
      auth_timeout: 2,
    });
  });

  it('/connz has the clients', async () => {
    const { body } = await get(started.address.monitorPort, '/connz?subs=detail&auth=1');
    expect(body).toMatchObject({
      num_connections: 1,
      total: 1,
      offset: 0,
      limit: 1_024,
      connections: [
        {
          cid: 1,
          kind: 'Client',
          name: 'nämé',
          lang: 'ts',
          in_msgs: 1,
          out_msgs: 2,
          subscriptions: 2,
          subscriptions_list_detail: [
            { subject: 'foo.*', sid: '1', msgs: 1, cid: 1 },
            { subject: 'foo.bar', qgroup: 'q', sid: '2', msgs: 1, max: 9, cid: 1 },
          ],
        },
      ],
    });
  });

  it.for([
    ['/connz?subs=1', ['foo.*', 'foo.bar']],
    ['/connz?cid=1&subs=1', ['foo.*', 'foo.bar']],
  ] as const)('%s lists the subjects', async ([path, subjects]) => {
    const { body } = await get(started.address.monitorPort, path);
    expect(body['connections']).toMatchObject([{ subscriptions_list: subjects }]);
  });

  it.for([
    ['/connz?offset=1', 0],
    ['/connz?cid=99', 0],
    ['/connz?limit=0', 1],
    ['/connz?offset=x', 1],
  ] as const)('%s shows %i', async ([path, count]) => {
    const { body } = await get(started.address.monitorPort, path);
    expect(body['num_connections']).toBe(count);
  });

  it.for(['/subsz', '/subscriptionsz'])('%s has the sublist', async (path) => {
    const { body } = await get(started.address.monitorPort, `${path}?subs=1&test=foo.x`);
    expect(body).toMatchObject({
      num_subscriptions: 2,
      num_inserts: 2,
      num_removes: 0,
      total: 1,
      subscriptions_list: [{ subject: 'foo.*' }],
    });
  });

  it('/healthz says ok', async () => {
    const answer = await get(started.address.monitorPort, '/healthz');
    expect(answer).toEqual({ status: 200, body: { status: 'ok' } });
  });

  it('answers 404, 405 and JSONP', async () => {
    const url = `http://127.0.0.1:${started.address.monitorPort}`;
    expect((await fetch(`${url}/nope`)).status).toBe(404);
    expect((await fetch(`${url}/varz`, { method: 'POST' })).status).toBe(405);
    const jsonp = await fetch(`${url}/healthz?callback=fn`);
    expect(await jsonp.text()).toMatch(/^fn\(\{[\s\S]*\}\)$/);
    const evil = await fetch(`${url}/healthz?callback=alert(1)//`);
    expect(await evil.text()).toMatch(/^\{/);
  });

  /** Newer than the nats-server 2.9 that may be installed (cfv1.md §10.11). */
  const NEWER_KEYS = ['stale_connections', 'stalled_clients', 'server_id', 'now'];

  it.skipIf(realServerVersion() === undefined).for(['/varz', '/connz', '/subsz', '/healthz'])(
    '%s has only keys that nats-server has, with values of the same type',
    async (path) => {
      const port = await freePort();
      const real = await startRealServer(`http: "127.0.0.1:${port}"`);
      const theirs = typesOf((await get(port, path)).body);
      await real.stop();
      const mine = typesOf((await get(started.address.monitorPort, path)).body);
      for (const key of NEWER_KEYS) delete mine[key];
      expect(theirs).toMatchObject(mine);
    },
  );

  it.for([
    [0, '0s'],
    [59_999, '59s'],
    [60_000, '1m0s'],
    [3_600_000, '1h0m0s'],
    [93_784_000, '1d2h3m4s'],
    [31_536_000_000, '1y0d0h0m0s'],
  ] as const)('uptime of %i ms is %s', ([ms, text]) => {
    expect(toUptime(ms)).toBe(text);
  });
});
