import { connect } from 'nats';
import { afterEach, describe, expect, it } from 'vitest';
import type { FeedRecord } from '../../src/kernel/feed.ts';
import { waitUntil } from '../golden/pause.ts';
import { isReady, kill } from './kill.ts';
import { type RunningNode, startNode } from './running-node.ts';

const GENEROUS = {
  intensity: { maxRestarts: 1_000_000, periodMs: 1 },
  backoff: { minMs: 1, maxMs: 1, factor: 1, jitter: 0, resetAfterMs: 0 },
};

let node: RunningNode | undefined;

afterEach(async () => {
  node?.system.shutdown('fast');
  await node?.system.ended;
});

const isServing = (running: RunningNode): boolean =>
  running.system.whereis('router/lifecycle')?.getSnapshot().matches('serving') === true;

describe('a router that lost the bus', () => {
  it('asks everybody to register again after a crash of its client', async () => {
    const running = await startNode(GENEROUS);
    node = running;
    await running.system.ready;
    const listener = await connect({ servers: `127.0.0.1:${running.natsPort}` });
    let starts = 0;
    const callback = () => {
      starts += 1;
    };
    listener.subscribe('router.start', { callback });
    await listener.flush();
    kill(running.system, 'messaging/nats-client');
    expect(await waitUntil(() => starts === 1, 5000)).toBe(true);
    await listener.close();
  });
});

describe('a router that is opening its port', () => {
  const isOpening = ({ actor, detail }: FeedRecord) =>
    actor === 'router/lifecycle' && detail === 'opening';
  it.each(['router/proxy', 'router/lifecycle'])('serves after a crash of %s', async (name) => {
    const running = await startNode(GENEROUS);
    node = running;
    let hasCrashed = false;
    running.system.feed.listen((record) => {
      if (hasCrashed || !isOpening(record)) return;
      hasCrashed = true;
      queueMicrotask(() => kill(running.system, name));
    });
    await running.system.ready;
    const isUp = () => isReady(running.system) && isServing(running);
    expect(await waitUntil(isUp, 5000)).toBe(true);
    expect(hasCrashed).toBe(true);
  });
});
