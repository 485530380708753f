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
  it.each(['messaging', 'messaging/nats-broker', 'messaging/nats-client'])(
    'asks everybody to register again after a crash of %s',
    async (name) => {
      const running = await startNode(GENEROUS);
      node = running;
      await running.system.ready;
      const listener = await connect({
        servers: `127.0.0.1:${running.natsPort}`,
        timeout: 250,
        reconnectTimeWait: 1,
        reconnectJitter: 0,
        maxReconnectAttempts: -1,
      });
      let starts = 0;
      listener.subscribe('router.start', { callback: () => (starts += 1) });
      await listener.flush();
      for (let crash = 0; crash < 20 && starts === 0; crash += 1) {
        kill(running.system, name);
        await waitUntil(() => starts > 0, 250);
      }
      await listener.close();
      expect(starts).toBeGreaterThan(0);
    },
  );
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
