import { afterEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { MetricTagValue } from '../../src/model/bbs/messages/common.ts';
import type { Log } from '../../src/ports/log.ts';
import type { RouteEmitterOptions } from '../../src/route-emitter/options.ts';
import { type OpenedBbs, startBbsUnderTest } from '../bbs/support/bbs-under-test.ts';
import { eventually } from '../node/support/world.ts';
import { createBbsCommands, httpRoute, routesOf } from './support/bbs-commands.ts';
import { type BbsGate, openBbsGate } from './support/bbs-gate.ts';
import { type EmitterUnderTest, startEmitter } from './support/emitter-under-test.ts';
import { messageOf } from './support/memory-bus.ts';

let closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  closers = [];
});

interface World {
  readonly bbs: OpenedBbs;
  readonly gate: BbsGate;
  readonly commands: ReturnType<typeof createBbsCommands>;
  start(options?: Partial<RouteEmitterOptions>, log?: Log): Promise<EmitterUnderTest>;
}

async function openWorld(): Promise<World> {
  const bbs = await startBbsUnderTest({
    store: 'memory',
    generation: 'today',
    auctioneerAddress: '',
  });
  closers.push(() => bbs.stop());
  const gate = await openBbsGate(() => bbs.baseUrl);
  closers.push(() => gate.close());
  const commands = createBbsCommands(bbs.baseUrl);
  closers.push(() => commands.close());
  return {
    bbs,
    gate,
    commands,
    async start(options = {}, log = undefined) {
      const emitter = await startEmitter({
        clock: createRealClock(),
        ...(log === undefined ? {} : { log }),
        options: { source: { type: 'bbs', url: gate.url, tls: undefined }, ...options },
      });
      closers.push(() => emitter.stop());
      return emitter;
    },
  };
}

/** `register a.example.com 10.0.0.1:61000`, in order, as far as it was not taken yet. */
const told = ({ bus }: EmitterUnderTest): string[] =>
  bus
    .take()
    .filter(({ subject }) => /register$/.test(subject))
    .map((one) => {
      const { uris, host, port } = messageOf(one) as Record<string, unknown>;
      return `${one.subject.split('.')[1]} ${uris} ${host}:${port}`;
    });

/** Waits until at least so many messages came. */
async function hear(emitter: EmitterUnderTest, count: number): Promise<string[]> {
  const all: string[] = [];
  await eventually(`${count} messages`, async () => {
    all.push(...told(emitter));
    return all.length >= count;
  });
  return all;
}

const synced = (emitter: EmitterUnderTest, count = 1) =>
  eventually('a sync', async () => emitter.state.counts.syncs >= count);

const requestSync = (emitter: EmitterUnderTest) =>
  emitter.system.notify('route-emitter/watcher', { type: 'SYNC_REQUESTED' });

const placed = { guid: 'p', instance: 'i0' };
const app = { process_guid: 'p', routes: routesOf(httpRoute('a.example.com')) };
const [REGISTER, UNREGISTER] = ['register', 'unregister'].map(
  (verb) => `${verb} a.example.com 10.0.0.1:61000`,
) as [string, string];

describe('a route-emitter with a BBS', () => {
  it('registers what starts and unregisters what stops', async () => {
    const { commands, start } = await openWorld();
    const emitter = await start();
    await synced(emitter);
    await commands.desire(app);
    await commands.start(placed);
    expect(await hear(emitter, 1)).toEqual([REGISTER]);
    await commands.remove(placed);
    expect(await hear(emitter, 1)).toEqual([UNREGISTER]);
    expect(emitter.state.table.size).toBe(1);
  });

  it('applies events that came during a sync, when it ends', async () => {
    const { commands, gate, start } = await openWorld();
    const emitter = await start();
    await synced(emitter);
    const release = gate.hold();
    requestSync(emitter);
    await eventually('syncing', async () => emitter.state.isSyncing);
    await commands.desire(app);
    await commands.start(placed);
    await eventually('events wait', async () => emitter.state.cachedEvents.length >= 3);
    expect(told(emitter)).toEqual([]);
    const types = emitter.lines.filter(({ message }) => message.endsWith('.caching-event'));
    expect(types[0]?.data).toEqual({ type: 'desired_lrp_created' });
    release();
    expect(await hear(emitter, 1)).toEqual([REGISTER]);
    await synced(emitter, 2);
    expect(told(emitter)).toEqual([]);
  });

  it('handles events that came during a sync that failed, and keeps the table', async () => {
    const { commands, gate, start } = await openWorld();
    await commands.desire({ ...app, process_guid: 'q', routes: routesOf(httpRoute('q')) });
    await commands.start({ ...placed, guid: 'q', instance: 'q0', address: '10.0.0.9' });
    const emitter = await start();
    expect(await hear(emitter, 1)).toEqual(['register q 10.0.0.9:61000']);
    await synced(emitter);
    gate.isFailingLists = true;
    const release = gate.hold();
    requestSync(emitter);
    await eventually('syncing', async () => emitter.state.isSyncing);
    await commands.desire(app);
    await commands.start(placed);
    await eventually('events wait', async () => emitter.state.cachedEvents.length >= 3);
    release();
    expect(await hear(emitter, 1)).toEqual([REGISTER]);
    expect(emitter.state.table.size).toBe(2);
    const failures = emitter.lines.filter(({ level }) => level === 'error');
    expect(failures.map(({ message }) => message)).toContain(
      'route-emitter.watcher.failed-to-sync-events',
    );
    gate.isFailingLists = false;
    requestSync(emitter);
    await synced(emitter, 2);
    expect(told(emitter)).toEqual([]);
  });

  it('syncs when the event stream was cut', async () => {
    const { commands, gate, start } = await openWorld();
    const emitter = await start();
    await synced(emitter);
    await commands.desire(app);
    await eventually('routes', async () => emitter.state.table.hasRoutes('p'));
    gate.isLosingEvents = true;
    await commands.start(placed);
    gate.cutStreams();
    gate.isLosingEvents = false;
    expect(await hear(emitter, 1)).toEqual([REGISTER]);
    expect(emitter.lines.map(({ message }) => message)).toContain(
      'route-emitter.watcher.event-source-error',
    );
  });

  it.each([
    [['/v1/desired_lrp_routing_infos/list']],
    [['/v1/desired_lrp_routing_infos/list', '/v1/desired_lrps/list.r3']],
  ])('reads the lists of an older BBS: without %j', async (missing) => {
    const { commands, gate, start } = await openWorld();
    for (const path of missing) gate.missingPaths.add(path);
    await commands.desire(app);
    await commands.start(placed);
    const emitter = await start();
    expect(await hear(emitter, 1)).toEqual([REGISTER]);
  });

  it('of one cell tells of the instances of that cell', async () => {
    const { commands, start } = await openWorld();
    await commands.desire({ ...app, instances: 2 });
    await commands.desire({ ...app, process_guid: 'q', routes: routesOf(httpRoute('q')) });
    await commands.start({ ...placed, guid: 'q', instance: 'q0', cell: 'cell-b' });
    await commands.start(placed);
    const emitter = await start({ cellId: 'cell-a' });
    await commands.start({ ...placed, index: 1, instance: 'i1', cell: 'cell-b' });
    expect(await hear(emitter, 1)).toEqual([REGISTER]);
    await synced(emitter);
    await commands.remove({ ...placed, index: 1, instance: 'i1', cell: 'cell-b' });
    await commands.remove(placed);
    expect(await hear(emitter, 1)).toEqual([UNREGISTER]);
    expect(emitter.state.table.hasRoutes('q')).toBe(false);
  });

  it('says again later what could not be sent', async () => {
    const { commands, start } = await openWorld();
    await commands.desire(app);
    await commands.start(placed);
    const emitter = await start({ unregistrationIntervalMs: 20, unregistrationSendCount: 2 });
    expect(await hear(emitter, 1)).toEqual([REGISTER]);
    emitter.bus.isConnected = false;
    await commands.remove(placed);
    await eventually('it is lost', async () => emitter.state.counts.messagesLost === 1);
    emitter.bus.isConnected = true;
    expect(await hear(emitter, 2)).toEqual([UNREGISTER, UNREGISTER]);
  });

  it('makes no text for a log that nobody reads', async () => {
    const { commands, start } = await openWorld();
    const refuse = (): never => {
      throw new Error('the line was made all the same');
    };
    const log: Log = {
      debug: refuse,
      info: () => {},
      warn: () => {},
      error: () => {},
      fatal: () => {},
      isEnabled: (level) => level !== 'debug',
      child: () => log,
    };
    const emitter = await start({}, log);
    await synced(emitter);
    await commands.desire(app);
    await commands.start(placed);
    expect(await hear(emitter, 1)).toEqual([REGISTER]);
  });

  it('leaves out what no server would take, and tells the rest', async () => {
    const { commands, start } = await openWorld();
    const emitter = await start();
    await synced(emitter);
    const tag = MetricTagValue.create({ static: 'x'.repeat(1_010_000) });
    const sourceId = MetricTagValue.create({ static: 'log' });
    await commands.desire({
      ...app,
      process_guid: 'huge',
      metric_tags: new Map([
        ['source_id', sourceId],
        ['huge', tag],
      ]),
    });
    await commands.start({ ...placed, guid: 'huge', instance: 'h0' });
    await eventually('it is refused', async () => emitter.state.counts.messagesRefused === 1);
    await commands.desire(app);
    await commands.start(placed);
    expect(await hear(emitter, 1)).toEqual([REGISTER]);
    const line = emitter.lines.find(({ message }) => message.endsWith('.message-too-large'));
    expect(line?.data).toMatchObject({ instance: 'h0' });
  });

  it('goes on after its watcher crashed', async () => {
    const { commands, start } = await openWorld();
    const emitter = await start();
    await synced(emitter);
    const watcher = emitter.system.whereis('route-emitter/watcher');
    watcher?.send({ type: 'RESOURCE_FAILED', error: new Error('made to fail') });
    await commands.desire(app);
    await commands.start(placed);
    await synced(emitter, 2);
    expect(await hear(emitter, 1)).toEqual([REGISTER]);
    await commands.remove(placed);
    expect(await hear(emitter, 1)).toEqual([UNREGISTER]);
  });
});
