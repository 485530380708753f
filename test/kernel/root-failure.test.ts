import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EscalationError } from '../../machines/kernel/failures.ts';
import { waitUntil } from '../golden/pause.ts';
import { freePort, freePorts } from '../support/free-ports.ts';
import { INJECTED, isReady, kill } from './kill.ts';
import { CLIENTS, type Failure, startSteadyLoad } from './load.ts';
import { startEndpoint, startNode } from './running-node.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const HOST = 'hello.test';
/** How long the endpoint takes: all clients have a request in hand when the end comes. */
const IN_HAND_MS = 200;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'troupe-'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the program; `preload` is code that runs in it first. */
function run(words: readonly string[], preload = ''): Promise<Ended> {
  const hook = preload === '' ? [] : ['--import', `data:text/javascript,${encodeURI(preload)}`];
  const flags = ['--disable-sigusr1', '--disable-warning=DEP0060', ...hook];
  const child = spawn(process.execPath, [...flags, MAIN, ...words], { cwd: directory });
  let out = '';
  let error = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    error += chunk.toString();
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, error })));
}

/** The words of `troupe start` on free ports, but for those given. */
async function startWords(given: Readonly<Record<string, number>> = {}): Promise<string[]> {
  const [router = 0, status = 0, nats = 0] = await freePorts(3);
  const settings: Record<string, string | number> = {
    data_dir: join(directory, `data-${router}`),
    'router.start_response_delay_interval': '0s',
    'router.port': router,
    'router.status.port': status,
    'nats.port': nats,
    'bbs.enabled': 'false',
    ...given,
  };
  return [
    'start',
    ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ];
}

async function occupy(): Promise<{ port: number; server: Server }> {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, () => resolve()));
  return { port, server };
}

describe('a tree whose root gives up', () => {
  it('finishes requests in hand, closes every port and ends with the reason', async () => {
    const node = await startNode({
      intensity: { maxRestarts: 2, periodMs: 60_000 },
      backoff: { minMs: 1, maxMs: 1, factor: 1, jitter: 0, resetAfterMs: 0 },
    });
    await node.system.ready;
    const endpoint = await startEndpoint(HOST, node.natsPort, IN_HAND_MS);
    const load = startSteadyLoad(node.port, HOST);
    const answers = () => load.answered - load.failures.length;
    await waitUntil(() => answers() > CLIENTS, 5000);
    for (let count = 0; count < 3; count += 1) {
      await waitUntil(() => isReady(node.system), 5000, 1);
      kill(node.system, 'messaging');
    }
    const killedAtMs = performance.now();
    const answersBefore = answers();
    const failure = await node.system.ended;
    await load.stop();
    await endpoint.close();
    expect(failure).toBeInstanceOf(EscalationError);
    expect(failure).toMatchObject({
      message: 'node gave up on messaging',
      cause: { message: INJECTED },
    });
    const isInHand = ({ sentAtMs, what }: Failure) =>
      sentAtMs < killedAtMs && !what.startsWith('status 404');
    expect(load.failures.filter(isInHand)).toEqual([]);
    expect(answers()).toBeGreaterThanOrEqual(answersBefore + CLIENTS);
    const ports = [node.port, node.statusPort, node.natsPort, node.monitorPort];
    for (const port of ports) await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });
});

describe('the program', () => {
  it('leaves with 70 when the root gives up', { timeout: 30_000 }, async () => {
    const statusPort = await freePort();
    const words = await startWords({ 'router.status.port': statusPort });
    const ended = await run(
      words,
      `import { Server } from 'node:net';
       const { listen } = Server.prototype;
       Server.prototype.listen = function (...words) {
         if (words[0]?.port !== ${statusPort}) return listen.apply(this, words);
         const error = Object.assign(new Error('no file left'), { code: 'EMFILE' });
         setImmediate(() => this.emit('error', error));
         return this;
       };`,
    );
    expect(ended).toMatchObject({ code: 70, out: '', error: '' });
    const log = readFileSync(join(words[2]?.slice('data_dir='.length) ?? '', 'troupe.log'), 'utf8');
    expect(log).toContain('"message":"node-failed"');
    expect(log.trimEnd().split('\n').at(-1)).toContain('gorouter.exited');
  });

  it('drains and leaves with 70 after an error that nobody caught', async () => {
    const throwLater = "setTimeout(() => { throw new Error('nobody caught this'); }, 1500);";
    const words = await startWords();
    const ended = await run(words, throwLater);
    expect(ended).toMatchObject({ code: 70, error: '' });
    const log = readFileSync(join(words[2]?.slice('data_dir='.length) ?? '', 'troupe.log'), 'utf8');
    expect(log).toContain('nobody caught this');
    expect(log).not.toContain('actor-crashed');
  });

  it.each([
    ['router.port', 'router: port PORT', 'stop the other program, or set router.port'],
    [
      'router.status.port',
      'status: port PORT',
      'stop the other program, or set router.status.port',
    ],
    [
      'nats.port',
      'NATS broker: port PORT on 127.0.0.1',
      'stop the other program, or set nats.port or nats.servers',
    ],
  ])('leaves with 1 and one clear message when %s is in use', async (key, what, advice) => {
    const { port, server } = await occupy();
    const ended = await run(await startWords({ [key]: port }));
    await new Promise((resolve) => server.close(resolve));
    expect(ended).toEqual({
      code: 1,
      out: '',
      error: `troupe: ${what.replace('PORT', String(port))} is in use\n  ${advice}\n`,
    });
  });

  it('leaves with 1 and all problems of a bad configuration', async () => {
    const settings = ['router.port=-1', 'nats.foo=1', 'router.balancing_algorithm=x'];
    const ended = await run(['start', ...settings.flatMap((setting) => ['--set', setting])]);
    expect(ended).toEqual({
      code: 1,
      out: '',
      error: [
        'troupe: the configuration has 3 problem(s)',
        '  --set nats.foo=1: no setting has this name',
        '  router.port: -1 must be >= 0',
        '  router.balancing_algorithm: "x" is not one of round-robin, least-connection',
        '',
      ].join('\n'),
    });
  });

  it('leaves with 2 when the command is unknown', async () => {
    expect(await run(['frobnicate'])).toEqual({
      code: 2,
      out: '',
      error: "error: unknown command 'frobnicate'\n",
    });
  });
});
