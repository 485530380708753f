/** The route-emitter alone, in the place of the original, over a real NATS server (§11.1). */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { connect, type NatsConnection } from 'nats';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addRouteEmitterCommand,
  routeEmitterCommand,
} from '../../src/cli/route-emitter-command.ts';
import { type OpenedBbs, startBbsUnderTest } from '../bbs/support/bbs-under-test.ts';
import { NATS_SERVER_COMMAND, NatsServer } from '../node/support/nats-server.ts';
import { eventually } from '../node/support/world.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';
import { fakeHost } from '../support/fake-host.ts';
import { freePort } from '../support/free-ports.ts';
import { createBbsCommands, httpRoute, routesOf } from './support/bbs-commands.ts';
import { startReceptorOn } from './support/receptor-on-bbs.ts';

const directory = temporaryDirectory();
afterAll(() => rmSync(directory, { recursive: true }));

const isInstalled = spawnSync(NATS_SERVER_COMMAND, ['--version']).status === 0;

if (process.env['REQUIRE_REAL_SERVERS'] === '1') {
  it('nats-server is installed', () => expect(isInstalled).toBe(true));
}

/** A router, as far as it greets and listens. */
class ListeningRouter {
  readonly #nats: NatsConnection;
  readonly heard: string[] = [];

  constructor(nats: NatsConnection) {
    this.#nats = nats;
    const hear = (_error: unknown, { subject, data }: { subject: string; data: Uint8Array }) => {
      const { uris, host, port } = JSON.parse(Buffer.from(data).toString());
      this.heard.push(`${subject} ${uris} ${host}:${port}`);
    };
    for (const verb of ['register', 'unregister']) {
      nats.subscribe(`router.${verb}`, { callback: hear });
    }
  }

  #message(seconds: number): string {
    const interval = { minimumRegisterIntervalInSeconds: seconds, pruneThresholdInSeconds: 120 };
    return JSON.stringify({ id: 'r', hosts: ['127.0.0.1'], ...interval });
  }

  answerGreetings(seconds: number): void {
    const data = this.#message(seconds);
    this.#nats.subscribe('router.greet', { callback: (_error, one) => one.respond(data) });
  }

  announce(seconds: number): void {
    this.#nats.publish('router.start', this.#message(seconds));
  }

  count(text: string): number {
    return this.heard.filter((line) => line === text).length;
  }
}

interface World {
  readonly bbs: OpenedBbs;
  readonly server: NatsServer;
  readonly natsAddress: string;
  readonly commands: ReturnType<typeof createBbsCommands>;
  router(): Promise<ListeningRouter>;
}

const placed = { guid: 'p', instance: 'i0' };
const app = {
  process_guid: 'p',
  routes: routesOf(httpRoute('a.example.com', 'b.example.com')),
};
const A = 'router.register a.example.com 10.0.0.1:61000';
const B = 'router.register b.example.com 10.0.0.1:61000';

describe.skipIf(!isInstalled)('troupe route-emitter', () => {
  let world: World;
  let closers: (() => unknown)[] = [];

  beforeEach(async () => {
    const bbs = await startBbsUnderTest({
      store: 'memory',
      generation: 'today',
      auctioneerAddress: '',
    });
    closers.push(() => bbs.stop());
    const port = await freePort();
    const server = new NatsServer(port);
    await server.start();
    closers.push(() => server.kill());
    const commands = createBbsCommands(bbs.baseUrl);
    closers.push(() => commands.close());
    const natsAddress = `127.0.0.1:${port}`;
    world = {
      bbs,
      server,
      natsAddress,
      commands,
      async router() {
        const nats = await connect({ servers: natsAddress, reconnectTimeWait: 50 });
        closers.push(() => nats.close());
        return new ListeningRouter(nats);
      },
    };
  });

  afterEach(async () => {
    for (const close of closers.toReversed()) await close();
    closers = [];
  });

  function launch(words: readonly string[]) {
    const fake = fakeHost();
    const running = routeEmitterCommand(fake.host, words);
    closers.push(async () => {
      fake.raise('SIGTERM');
      await running;
    });
    return fake;
  }

  it('takes the place of the original of today, and fills a router that joins', async () => {
    const { bbs, commands, natsAddress } = world;
    await commands.desire(app);
    await commands.start(placed);
    const first = await world.router();
    first.answerGreetings(20);
    const health = await freePort();
    const config = join(directory, 'route-emitter.json');
    writeFileSync(
      config,
      JSON.stringify({
        bbs_address: bbs.baseUrl,
        nats_addresses: natsAddress,
        healthcheck_address: `127.0.0.1:${health}`,
        lock_ttl: '15s',
      }),
    );
    const emitter = launch(['-config', config]);
    await eventually('both routes', async () => first.count(A) === 1 && first.count(B) === 1);
    expect(emitter.out()).toContain('keys without effect here: lock_ttl');
    const { status } = await fetch(`http://127.0.0.1:${health}/`);
    expect(status).toBe(200);
    const second = await world.router();
    await eventually('the interval', async () => emitter.out().includes('"seconds":20'));
    const startedMs = performance.now();
    second.announce(2);
    await eventually('it is filled', async () => second.count(A) > 0 && second.count(B) > 0);
    // Within the jitter of 0.2 intervals.
    expect(performance.now() - startedMs).toBeLessThan(2000);
    await commands.remove(placed);
    const gone = A.replace('register', 'unregister');
    await eventually('it is told to go', async () => second.count(gone) === 1);
    emitter.raise('SIGTERM');
    expect(await emitter.exited).toBe(0);
  });

  it('takes the flags of 2015, a receptor, and the message style of then', async () => {
    const receptor = await startReceptorOn(world.bbs, { user: 'me', password: 'secret' });
    closers.push(() => receptor.stop());
    const router = await world.router();
    router.answerGreetings(20);
    const { commands } = world;
    await commands.desire(app);
    await commands.start(placed);
    const emitter = launch([
      '-consulCluster=http://127.0.0.1:8500',
      `-natsAddresses=${world.natsAddress}`,
      `-diegoAPIURL=http://me:secret@127.0.0.1:${receptor.port}`,
      '-syncInterval',
      '60s',
      '-logLevel=debug',
    ]);
    const both = 'router.register a.example.com,b.example.com 10.0.0.1:61000';
    await eventually('the sync', async () => router.count(both) === 1);
    await eventually('sync ended', async () => emitter.out().includes('.sync.complete'));
    await commands.update('p', { routes: routesOf(httpRoute('b.example.com')) });
    const rest = 'router.unregister a.example.com 10.0.0.1:61000';
    await eventually('an event', async () => router.count(rest) === 1);
    await commands.crash(placed);
    const gone = 'router.unregister b.example.com 10.0.0.1:61000';
    await eventually('another event', async () => router.count(gone) === 1);
    expect(emitter.out().match(/flags without effect/g)).toHaveLength(1);
    expect(emitter.out()).toContain('"message":"route-emitter.watcher.sync.starting"');
    expect(emitter.out()).toContain('"message":"route-emitter.nats-emitter.emit"');
  });

  it('tells everything again when NATS was away', async () => {
    const { bbs, commands, server, natsAddress } = world;
    await commands.desire(app);
    await commands.start(placed);
    const router = await world.router();
    router.answerGreetings(3600);
    launch([`-bbsAddress=${bbs.baseUrl}`, `-natsAddresses=${natsAddress}`]);
    const both = 'router.register a.example.com,b.example.com 10.0.0.1:61000';
    await eventually('the sync', async () => router.count(both) === 1);
    await server.kill();
    await server.start();
    await eventually('it is told again', async () => router.count(both) >= 2, 10_000);
  });

  it.each([
    [['-config', '/nowhere.json'], 1, 'no such file'],
    [['-nope'], 2, 'not defined: -nope'],
    [['-natsAddresses=x:1'], 1, 'one of them has to be set'],
    [
      ['-bbsAddress=https://b', '-bbsCACert=/no', '-bbsClientCert=/no', '-bbsClientKey=/no'],
      1,
      '/no',
    ],
  ])('leaves when it is started with %j', async (words, code, text) => {
    const { host, exited, out } = fakeHost();
    await routeEmitterCommand(host, words);
    expect(await exited).toBe(code);
    expect(out()).toContain(text);
  });
});

it('is a command whose flags have one dash', async () => {
  const { host, exited, out } = fakeHost();
  const program = new Command('troupe').exitOverride();
  addRouteEmitterCommand(program, host);
  const words = ['-natsAddresses=x:1', '-syncInterval', '1s', '--logLevel', 'debug'];
  await program.parseAsync(['node', 'troupe', 'route-emitter', ...words]);
  expect(await exited).toBe(1);
  expect(out()).toContain('one of them has to be set');
});
