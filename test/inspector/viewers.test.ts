/** The feed over real WebSockets, from a tree that this test makes up. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { createInspector, type Inspector } from '../../src/inspector/inspector.ts';
import { INSPECTOR_LIMITS } from '../../src/inspector/options.ts';
import type { Frame } from '../../src/inspector/views.ts';
import { type ActorSystem, KERNEL_LIMITS } from '../../src/kernel/actor-system.ts';
import { createDeadLetters } from '../../src/kernel/dead-letters.ts';
import { createFeed, type Feed } from '../../src/kernel/feed.ts';
import { eventually } from '../node/support/world.ts';
import { silentLog } from './support/silent-log.ts';

const endings: (() => void)[] = [];
afterEach(() => {
  for (const ending of endings.splice(0)) ending();
});

interface Scene {
  readonly feed: Feed;
  readonly inspector: Inspector;
  readonly port: number;
  /** Listeners that the inspector has on the feed. */
  readonly listeners: () => number;
}

async function startScene(): Promise<Scene> {
  const feed = createFeed(KERNEL_LIMITS.feedRecords);
  let listeners = 0;
  const counting: Feed = {
    append: feed.append,
    since: feed.since,
    get lastSequence() {
      return feed.lastSequence;
    },
    listen(listener) {
      listeners += 1;
      const stop = feed.listen(listener);
      return () => {
        listeners -= 1;
        stop();
      };
    },
  };
  const tree = {
    name: 'node',
    status: 'active',
    state: 'running',
    restarts: 0,
    uptimeMs: 0,
    mailboxDepth: 0,
    lastError: '',
    children: [],
  };
  const system = {
    feed: counting,
    deadLetters: createDeadLetters(4),
    tree: () => tree,
    whereis: () => undefined,
  } as unknown as ActorSystem;
  const inspector = createInspector({
    system,
    machines: new Map(),
    bbs: undefined,
    router: undefined,
    clock: createRealClock(),
    log: silentLog,
  });
  const server = createServer();
  server.on('upgrade', (request, socket, head) => {
    if (!inspector.upgrade(request, socket, head)) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => {
    inspector.close();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { feed, inspector, port, listeners: () => listeners };
}

interface Viewer {
  readonly socket: WebSocket;
  readonly frames: Frame[];
  /** Answer to a handshake that was refused. */
  readonly status: () => number;
  sequences(): number[];
  dropped(): number;
}

function attach(port: number, since: number, origin?: string): Viewer {
  const options = origin === undefined ? {} : { origin };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/inspector/feed?since=${since}`, options);
  endings.push(() => socket.terminate());
  const frames: Frame[] = [];
  let status = 0;
  socket.on('message', (data) => frames.push(JSON.parse(String(data))));
  socket.on('unexpected-response', (_request, answer) => {
    status = answer.statusCode ?? 0;
    socket.terminate();
  });
  socket.on('error', () => {});
  const news = () => frames.filter((frame) => frame.type === 'records');
  return {
    socket,
    frames,
    status: () => status,
    sequences: () => news().flatMap(({ records }) => records.map(({ sequence }) => sequence)),
    dropped: () => news().reduce((sum, frame) => sum + frame.dropped, 0),
  };
}

const upTo = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

const append = (feed: Feed, count: number): void => {
  for (let at = 0; at < count; at += 1) feed.append(at, 'state', 'a', 'EVENT', 'on');
};

describe('the feed over a WebSocket', () => {
  it('sends what is kept, then what comes, in order and each once', async () => {
    const { feed, port } = await startScene();
    append(feed, 2500);
    const viewer = attach(port, 1);
    await eventually('all kept', () => viewer.sequences().length === 2500);
    append(feed, 10);
    await eventually('the new ones', () => viewer.sequences().length === 2510);
    expect(viewer.sequences()).toEqual(upTo(1, 2510));
    expect(viewer.dropped()).toBe(0);
    expect(viewer.frames[0]).toMatchObject({ type: 'hello', oldest: 1, last: 2500 });
    const { recordsPerFrame } = INSPECTOR_LIMITS;
    const sizes = viewer.frames.map((frame) =>
      frame.type === 'records' ? frame.records.length : 0,
    );
    expect(Math.max(...sizes)).toBe(recordsPerFrame);
  });

  it('goes on where a page stopped, and counts what it has missed', async () => {
    const { feed, port } = await startScene();
    append(feed, 100);
    const first = attach(port, 61);
    await eventually('the rest', () => first.sequences().length === 40);
    expect(first.sequences()).toEqual(upTo(61, 100));
    first.socket.terminate();
    append(feed, KERNEL_LIMITS.feedRecords + 50);
    const last = feed.lastSequence;
    const second = attach(port, 101);
    await eventually('what is kept', () => second.sequences().at(-1) === last);
    expect(second.dropped()).toBe(50);
    expect(second.sequences()).toEqual(upTo(151, last));
  });

  it('puts what comes fast into few frames', async () => {
    const { feed, port } = await startScene();
    const viewer = attach(port, 1);
    await eventually('it is attached', () => viewer.frames.length > 1);
    const before = viewer.frames.length;
    const startedAtMs = performance.now();
    while (performance.now() - startedAtMs < 500) {
      append(feed, 5);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const last = feed.lastSequence;
    await eventually('all came', () => viewer.sequences().at(-1) === last);
    const tookMs = performance.now() - startedAtMs;
    const news = viewer.frames.slice(before).filter(({ type }) => type === 'records').length;
    expect(news).toBeLessThanOrEqual(tookMs / INSPECTOR_LIMITS.coalesceMs + 2);
    expect(viewer.sequences()).toEqual(upTo(1, last));
  });

  it('drops for a slow page, not in our memory, and tells how many', async () => {
    const { feed, port } = await startScene();
    const viewer = attach(port, 1);
    await eventually('it is attached', () => viewer.frames.length > 1);
    viewer.socket.pause();
    const text = 'x'.repeat(2000);
    for (let round = 0; round < 30; round += 1) {
      for (let at = 0; at < 1000; at += 1) feed.append(0, 'state', text, 'EVENT', 'on');
      await new Promise((resolve) => setTimeout(resolve, INSPECTOR_LIMITS.coalesceMs / 2));
    }
    viewer.socket.resume();
    const last = feed.lastSequence;
    await eventually('it has the newest', () => viewer.sequences().at(-1) === last, 20_000);
    const seen = viewer.sequences();
    expect(seen).toEqual(seen.toSorted((left, right) => left - right));
    expect(viewer.dropped()).toBeGreaterThan(0);
    expect(seen.length + viewer.dropped()).toBe(last);
  }, 30_000);

  it('listens to nothing when the last page is gone', async () => {
    const { feed, inspector, port, listeners } = await startScene();
    expect(listeners()).toBe(0);
    const pages = [attach(port, 1), attach(port, 1)];
    await eventually('both are attached', () => inspector.viewers === 2);
    expect(listeners()).toBe(1);
    pages[0]?.socket.close();
    await eventually('one is left', () => inspector.viewers === 1);
    append(feed, 1);
    await eventually('it is still told', () => pages[1]?.sequences().length === 1);
    pages[1]?.socket.close();
    await eventually('none is left', () => inspector.viewers === 0);
    expect(listeners()).toBe(0);
  });

  it('refuses pages of other sites, and more pages than it has room for', async () => {
    const { inspector, port } = await startScene();
    const foreign = attach(port, 1, 'http://elsewhere.test');
    await eventually('it is refused', () => foreign.status() === 403);
    const own = attach(port, 1, `http://127.0.0.1:${port}`);
    await eventually('the own page is let in', () => own.frames.length > 0);
    for (let at = 1; at < INSPECTOR_LIMITS.viewers; at += 1) attach(port, 1);
    await eventually('full', () => inspector.viewers === INSPECTOR_LIMITS.viewers);
    const late = attach(port, 1);
    await eventually('no room', () => late.status() === 503);
  });

  it('ends a page that talks too much', async () => {
    const { inspector, port } = await startScene();
    const viewer = attach(port, 1);
    await eventually('it is attached', () => inspector.viewers === 1);
    viewer.socket.send('x'.repeat(INSPECTOR_LIMITS.viewerMessageBytes + 1));
    await eventually('it is gone', () => inspector.viewers === 0);
  });
});
