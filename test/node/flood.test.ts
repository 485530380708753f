import { runFlood } from '../../bench/flood/run-flood.ts';
import { INTAKE_LIMITS } from '../../src/router/registry-intake.ts';
import { type Answer, ask } from './support/http-client.ts';
import { story } from './support/story.ts';
import type { TroupeNode } from './support/troupe-node.ts';
import { eventually, registration, type World } from './support/world.ts';

/** `npm run bench -- flood` does the same for longer, and reports latencies. */
const FLOOD = { seconds: 3, messagesPerSecond: 10_000 } as const;
/** Refused, wrong algorithm, unregistered in vain: ten lines each, and one with the rest. */
const KINDS = 3;
/** A second of this test may meet two seconds of the router. */
const LOG_LINES_PER_SECOND = 2 * KINDS * (INTAKE_LIMITS.rejectionLogsPerSecond + 1);
const RESIDENT_SLACK_MIB = 64;

story(
  'a flood of hostile messages changes nothing for good routes',
  async (_world, expect) => {
    const report = await runFlood(FLOOD);
    const { counts, sent, good } = report;
    expect(sent.accepted + sent.rejected + sent.uncounted).toBe(30_000);
    expect([...report.flooded.failures]).toEqual([]);
    expect(report.areGoodRoutesUnchanged).toBe(true);
    expect(counts.rejected).toBe(sent.rejected);
    expect(counts.accepted).toBe(sent.accepted + good);
    expect(counts.dropped).toBe(0);
    expect(counts.received).toBe(counts.accepted + counts.rejected + counts.dropped);
    expect(report.endMiB).toBeLessThan(report.warmMiB + RESIDENT_SLACK_MIB);
    expect(report.linesByMessage).not.toHaveProperty('actor-crashed');
    expect(report.logLinesPerSecond, JSON.stringify(report.linesByMessage)).toBeLessThanOrEqual(
      LOG_LINES_PER_SECOND,
    );
  },
  { isConcurrent: false },
);

const PENDING_LIMIT = 131_072;

/** Publishes as fast as it goes and waits until the router has counted all of it. */
async function burst(world: World, node: TroupeNode, count: number): Promise<void> {
  const client = await world.connect(node.natsUrl);
  const before = (await node.registryCounts()).received;
  for (let index = 0; index < count; index += 1) {
    client.publish('router.register', registration(9, `burst-${index}.localhost`));
  }
  await client.flush();
  const isRead = async () => {
    const { received, pending } = await node.registryCounts();
    return received === before + count && pending === 0;
  };
  await eventually(`${count} registrations are counted`, isRead, 30_000);
}

story(
  'a burst below the pending limit loses nothing, a larger one only what it counts',
  async (world, expect) => {
    const node = await world.startNode();
    const health: Promise<Answer>[] = [];
    const timer = setInterval(() => {
      health.push(ask(node.ports.status, '127.0.0.1', '/health'));
    }, 100);
    world.onEnd(() => clearInterval(timer));
    await burst(world, node, PENDING_LIMIT);
    expect(await node.registryCounts()).toEqual({
      received: PENDING_LIMIT,
      accepted: PENDING_LIMIT,
      rejected: 0,
      dropped: 0,
      pending: 0,
      routes: PENDING_LIMIT,
    });
    await burst(world, node, 200_000);
    const { received, accepted, rejected, dropped, routes } = await node.registryCounts();
    expect(received).toBe(PENDING_LIMIT + 200_000);
    expect(rejected).toBe(0);
    expect(accepted + dropped).toBe(received);
    expect(routes).toBeGreaterThanOrEqual(PENDING_LIMIT);
    expect(routes).toBeLessThanOrEqual(200_000);
    clearInterval(timer);
    const answers = await Promise.all(health);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  },
  { isConcurrent: false },
);
