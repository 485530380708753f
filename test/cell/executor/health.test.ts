import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunRequest } from '../../../src/cell/executor/executor.ts';
import type { Check } from '../../../src/cell/executor/health/checks.ts';
import {
  begin,
  executorKit,
  inState,
  type Kit,
  lrp,
  node,
  outcome,
  request,
  shell,
  until,
} from '../support/executor-kit.ts';

let kit: Kit;
beforeEach(() => {
  kit = executorKit();
});
afterEach(async () => {
  expect(await kit.close()).toEqual([]);
});

const PORT = 8080;
const tcp = (connect_timeout_ms = 0n): Check => ({
  tcp_check: { port: PORT, connect_timeout_ms, interval_ms: 0n },
  http_check: undefined,
});
const http = (path: string, request_timeout_ms = 0n): Check => ({
  tcp_check: undefined,
  http_check: { port: PORT, path, request_timeout_ms, interval_ms: 0n },
});
const checks = (own: readonly Check[], readiness: readonly Check[] = []): Partial<RunRequest> => ({
  checks: { checks: [...own], readiness_checks: [...readiness], log_source: 'HEALTH' },
  containerPorts: [PORT],
});

/** Answers 200, and on /health what it was told last; 0: nothing. Closes its port when told. */
const SERVER = `let status = 200;
  const server = require('http').createServer((q, s) => {
    if (q.url.startsWith('/set/')) status = Number(q.url.slice(5));
    if (q.url === '/health' && status === 0) return;
    s.writeHead(q.url === '/health' ? status : 200).end();
    if (q.url === '/close') { server.close(); server.closeAllConnections(); }
  });
  setInterval(() => {}, 1000);
  server.listen(process.env.PORT, () => console.log('up'));`;

const call = async (guid: string, path: string): Promise<void> => {
  const port = kit.executor.get(guid)?.ports[0]?.hostPort;
  await fetch(`http://127.0.0.1:${port}${path}`).catch(() => {});
};

const reasonOf = async (guid: string) =>
  (await inState(kit, guid, 'completed')).result?.failureReason;

const FLAG = '[ -e well ]';
const monitor = (script: string) => shell(script, { log_source: 'HEALTH' });

describe('a monitor action', () => {
  it('makes the container run when it succeeds, and is told of in the log', async () => {
    const own = request(shell('sleep 0.3; touch well; sleep 60'), { monitor: monitor(FLAG) });
    begin(kit, lrp('a'), own);
    await inState(kit, 'a', 'created');
    await inState(kit, 'a', 'running');
    expect(kit.lines().slice(-2)).toEqual([
      'CELL Starting health monitoring of container',
      'CELL Container became healthy',
    ]);
  });

  it('decides alone after the program went into the background with 0', async () => {
    const own = request(shell('touch well; (sleep 0.6; rm well; sleep 60) & exit 0'), {
      monitor: monitor(FLAG),
    });
    begin(kit, lrp('a'), own);
    await inState(kit, 'a', 'running');
    await until('its end is told', () => kit.lines().includes('APP Exit status 0'));
    expect(await reasonOf('a')).toBe('Instance became unhealthy: HEALTH: Exited with status 1');
  });

  it('does not hold a program that exits with another status', async () => {
    const own = request(shell('touch well; sleep 0.3; exit 4'), { monitor: monitor(FLAG) });
    begin(kit, lrp('a'), own);
    await inState(kit, 'a', 'running');
    expect(await reasonOf('a')).toBe('APP: Exited with status 4');
  });

  it('that never succeeds leaves an exit of 0 waiting, and reports one of 1', async () => {
    begin(kit, lrp('a'), request(shell('exit 0'), { monitor: monitor('exit 1') }));
    const own = request(shell('exit 1'), { monitor: monitor('exit 1') });
    const result = await outcome(kit, lrp('b'), own);
    expect(result?.failureReason).toBe('APP: Exited with status 1');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(kit.executor.get('a')?.state).toBe('created');
  });

  it('that does not succeed in time crashes the container', async () => {
    const own = request(shell('sleep 60'), { monitor: monitor('exit 7'), startTimeoutMs: 300 });
    const result = await outcome(kit, lrp('a'), own);
    expect(result).toMatchObject({ isFailed: true, isStopped: false });
    expect(result?.failureReason).toBe(
      'Instance never healthy after 300ms: HEALTH: Exited with status 7',
    );
  });

  it('that hangs is ended with the container', async () => {
    const own = request(shell('sleep 60'), { monitor: monitor('sleep 61'), startTimeoutMs: 200 });
    const result = await outcome(kit, lrp('a'), own);
    expect(result?.failureReason).toBe(
      'Instance never healthy after 200ms: the check has not ended',
    );
  });

  it('has the same environment as the program', async () => {
    const own = request(shell('sleep 60'), {
      monitor: monitor('echo "$PORT $INSTANCE_INDEX"'),
      containerPorts: [PORT],
    });
    begin(kit, lrp('a'), own);
    const { ports } = await inState(kit, 'a', 'running');
    expect(kit.lines()).toContain(`HEALTH ${ports[0]?.hostPort} 2`);
  });
});

describe('a check by TCP', () => {
  it('takes the place of the monitor action', async () => {
    const own = request(node(SERVER), { ...checks([tcp()]), monitor: monitor('exit 1') });
    begin(kit, lrp('a'), own);
    await inState(kit, 'a', 'running');
    await call('a', '/close');
    expect(await reasonOf('a')).toBe(
      'Instance became unhealthy: Failed to make TCP connection to port 8080: connection refused',
    );
  });

  it('on a port that is never opened crashes the container', async () => {
    const own = request(shell('sleep 60'), { ...checks([tcp()]), startTimeoutMs: 300 });
    expect((await outcome(kit, lrp('a'), own))?.failureReason).toBe(
      'Instance never healthy after 300ms: ' +
        'Failed to make TCP connection to port 8080: connection refused',
    );
  });

  it('without start timeout waits for ever', async () => {
    begin(kit, lrp('a'), request(shell('sleep 60'), checks([tcp()])));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(kit.executor.get('a')?.state).toBe('created');
  });
});

describe('a check by HTTP', () => {
  it('wants 200', async () => {
    begin(kit, lrp('a'), request(node(SERVER), checks([http('/health')])));
    await inState(kit, 'a', 'running');
    await call('a', '/set/503');
    const reason = (await reasonOf('a')) ?? '';
    expect(reason.replace(/in \d+ms/, 'in TIME')).toBe(
      "Instance became unhealthy: Failed to make HTTP request to '/health' on port 8080: " +
        'received status code 503 in TIME',
    );
  });

  it('wants it in time', async () => {
    begin(kit, lrp('a'), request(node(SERVER), checks([http('/health', 150n), tcp()])));
    await inState(kit, 'a', 'running');
    await call('a', '/set/0');
    expect(await reasonOf('a')).toBe(
      "Instance became unhealthy: Failed to make HTTP request to '/health' on port 8080: " +
        'timed out after 0.15 seconds',
    );
  });
});

describe('readiness', () => {
  it('tells whether requests may come, and crashes nothing', async () => {
    begin(kit, lrp('a'), request(node(SERVER), checks([tcp()], [http('/health')])));
    const isRoutable = () => kit.executor.get('a')?.isRoutable;
    let wasRoutable: boolean | undefined;
    kit.executor.onChange((own) => {
      if (own.state === 'running') wasRoutable ??= own.isRoutable;
    });
    await inState(kit, 'a', 'running');
    expect(wasRoutable).toBe(false);
    await until('ready', () => isRoutable() === true);
    await call('a', '/set/500');
    await until('not ready', () => isRoutable() === false);
    await call('a', '/set/200');
    await until('ready again', () => isRoutable() === true);
    expect(kit.executor.get('a')?.state).toBe('running');
    expect(kit.lines().filter((line) => line.includes('readiness'))).toHaveLength(3);
  });
});

describe('ports', () => {
  it('are of the host, different for each, free, and not given again soon', async () => {
    const server = createServer().listen(0);
    const { port } = server.address() as AddressInfo;
    const seen = new Set<number>();
    await kit.close();
    kit = executorKit({ options: { firstPort: port - 1, lastPort: port + 3 } });
    for (const guid of ['a', 'b']) {
      begin(kit, lrp(guid), request(shell('sleep 60'), { containerPorts: [PORT] }));
      const { ports } = await inState(kit, guid, 'running');
      seen.add(ports[0]?.hostPort ?? 0);
      await kit.executor.remove(guid);
    }
    expect(seen.size).toBe(2);
    expect(seen.has(port)).toBe(false);
    const many = request(shell('exit 0'), { containerPorts: [1, 2, 3, 4, 5] });
    const result = await outcome(kit, lrp('c'), many);
    expect(result).toMatchObject({
      isRetryable: true,
      failureReason: 'insufficient resources: ports',
    });
    server.close();
  });
});
