import { describe, expect, test } from 'vitest';
import { pause } from '../golden/pause.ts';
import { fieldOf } from './access-line.ts';
import { App, type Arrival, answer, headerOf, headersOf } from './app.ts';
import { requestText } from './client.ts';
import { sharedRouter, uniqueHost, withRouter } from './harness.ts';

const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: abc\r\n\r\n';
const HANDSHAKE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: key'];

/** Agrees to the upgrade and repeats what it gets. */
function echo({ socket, rest }: Arrival): void {
  socket.write(SWITCHING);
  if (rest() !== '') socket.write(`echo:${rest()}`);
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => socket.write(`echo:${chunk.toString('latin1')}`));
}

const handshake = (host: string, lines: readonly string[] = HANDSHAKE) =>
  requestText(host, 'GET /ws HTTP/1.1', lines);

const REFUSALS = [
  ['200', answer('no', [], '200 OK')],
  ['404', answer('no', [], '404 Not Found')],
] as const;

describe.concurrent('upgrades', () => {
  const router = sharedRouter({
    disable_keep_alives: false,
    endpoint_timeout: '200ms',
    frontend_idle_timeout: '200ms',
    logging: { extra_access_log_fields: ['failed_attempts'] },
  });

  test.for([
    ['one line each', ['Connection: Upgrade', 'Upgrade: WebsockeT']],
    ['a list', ['Connection: keep-alive, upgrade', 'Upgrade: websocket']],
    ['two lines', ['Connection: keep-alive', 'Connection: Upgrade', 'Upgrade: websocket']],
  ] as const)('WS-1 bytes go both ways (%s)', async ([, lines]) => {
    const { host, app } = await router.route(echo);
    const client = router.client();
    await client.send(handshake(host, [...lines, 'X-Extra: 1', 'X-Forwarded-For: 1.2.3.4']));
    const response = await client.answer();
    expect(response.status).toBe(101);
    expect(headerOf(response, 'upgrade')?.toLowerCase()).toBe('websocket');
    expect(headerOf(response, 'connection')?.toLowerCase()).toBe('upgrade');
    expect(headersOf(response, 'sec-websocket-accept')).toEqual(['abc']);
    await client.send('hello');
    await client.received('echo:hello');
    expect(headersOf(app.lastRequest, 'x-extra')).toEqual(['1']);
    expect(headersOf(app.lastRequest, 'x-forwarded-for')).toEqual(['1.2.3.4, 127.0.0.1']);
    expect(headerOf(app.lastRequest, 'upgrade')?.toLowerCase()).toBe('websocket');
  });

  test.for(REFUSALS)('WS-2 an app that answers %s instead', async ([status, text]) => {
    const { host } = await router.route(text);
    const client = router.client();
    const response = await client.exchange(handshake(host));
    expect([String(response.status), response.content.body]).toEqual([status, 'no']);
    expect(headersOf(response, 'x-vcap-request-id')).toHaveLength(1);
    expect(headersOf(response, 'x-cf-routererror')).toEqual([]);
    expect(await client.ended()).toBe('closed');
    expect((await router.accessLine(host)).status).toBe(status);
  });

  test('WS-3 an app that is not there: 502', async () => {
    const host = uniqueHost();
    await router.register({ port: await App.refusing(), uris: [host] });
    const before = (await router.metrics()).get('websocket_failures') ?? 0;
    const response = await router.ask(handshake(host));
    expect(response.status).toBe(502);
    expect(headerOf(response, 'x-cf-routererror')).toContain('connection refused');
    expect((await router.metrics()).get('websocket_failures')).toBe(before + 1);
    expect((await router.accessLine(host)).status).toBe('502');
  });

  test('WS-4, WS-6 open beyond all time limits, logged when it is closed', async () => {
    const LIFE_MS = 700;
    const { host } = await router.route(echo, { app: 'app-guid' });
    const client = router.client();
    await client.send(handshake(host));
    expect((await client.answer()).status).toBe(101);
    await pause(LIFE_MS);
    await client.send('still there');
    await client.received('echo:still there');
    expect(router.accessText.filter((line) => line.startsWith(`${host} `))).toEqual([]);
    client.close();
    const line = await router.accessLine(host);
    expect([line.status, line.bytesSent]).toEqual(['101', 0]);
    expect(Number(fieldOf(line, 'response_time'))).toBeGreaterThanOrEqual(LIFE_MS / 1000);
    expect(Number(fieldOf(line, 'gorouter_time'))).toBeLessThan(0.1);
    expect(fieldOf(line, 'app_id')).toBe('app-guid');
    expect(fieldOf(line, 'failed_attempts')).toBe('0');
    expect(fieldOf(line, 'x_cf_routererror')).toBe('-');
  });

  test('WS-7 when the client closes, the app hears it', async () => {
    const { host, app } = await router.route(echo);
    const client = router.client();
    await client.send(handshake(host));
    expect((await client.answer()).status).toBe(101);
    const [socket] = app.sockets;
    const closed = new Promise((resolve) => socket?.once('end', resolve));
    client.close();
    await closed;
  });

  test('WS-7 when the app closes, the client hears it', async () => {
    const { host } = await router.route((arrival) => {
      echo(arrival);
      arrival.socket.on('data', () => arrival.socket.end());
    });
    const client = router.client();
    await client.send(handshake(host));
    await client.answer();
    await client.send('bye');
    await client.received('echo:bye');
    expect(await client.ended()).toBe('closed');
  });

  test('WS-9 bytes right behind the handshake are not lost, either way', async () => {
    const { host } = await router.route((arrival) => {
      arrival.socket.cork();
      echo(arrival);
      arrival.socket.write('from the app');
      arrival.socket.uncork();
    });
    const client = router.client();
    await client.send(`${handshake(host)}from the client`);
    expect((await client.answer()).status).toBe(101);
    await client.received('from the app');
    await client.received('echo:from the client');
  });
});

describe('alone on a router', () => {
  test('WS-5 an upgrade is counted', async () => {
    await withRouter({}, async (router) => {
      const { host } = await router.route(echo);
      const client = router.client();
      await client.send(handshake(host));
      expect((await client.answer()).status).toBe(101);
      client.close();
      await router.accessLine(host);
      const metrics = await router.metrics();
      expect(metrics.get('websocket_upgrades')).toBe(1);
      expect(metrics.get('responses{status_group="xxx",component=""}')).toBe(1);
      expect(metrics.get('http_latency_seconds_count')).toBe(1);
      expect(metrics.get('websocket_failures')).toBe(0);
    });
  });
});

describe.concurrent('the raw upgrade of 2013', () => {
  const router = sharedRouter({ enable_tcp_upgrade: true });
  const TCP = ['Connection: Upgrade', 'Upgrade: tcp'];

  test('WS-8 client and app are joined, without any HTTP', async () => {
    let raw = '';
    const { host } = await router.route(
      '',
      {},
      {
        onConnection: (socket) => {
          socket.write('hello client');
          socket.on('data', (chunk: Buffer) => {
            raw += chunk.toString('latin1');
            socket.write(`echo:${raw}`);
          });
        },
      },
    );
    const client = router.client();
    await client.send(handshake(host, TCP));
    await client.received('hello client');
    await client.send('hello app');
    await client.received('echo:hello app');
    expect(raw).toBe('hello app');
    expect(client.connection.raw).toBe('hello clientecho:hello app');
  });

  test('WS-8 an app that is not there: 400', async () => {
    const host = uniqueHost();
    await router.register({ port: await App.refusing(), uris: [host] });
    const response = await router.ask(handshake(host, TCP));
    expect(response.status).toBe(400);
    expect(response.content.body).toContain('TCP forwarding to endpoint failed.');
  });
});
