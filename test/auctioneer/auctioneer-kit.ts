/** An auctioneer in this process, with its own tree, over a BBS in a store in memory. */
import type { SupervisorSpec } from '../../machines/kernel/supervisor.machine.ts';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { createMemoryLog, type LogLine } from '../../src/adapters/log/memory-log.ts';
import { createSystemRandom } from '../../src/adapters/random/system-random.ts';
import { createAuctioneerChildren } from '../../src/auctioneer/index.ts';
import { AUCTIONEER_DEFAULTS, type AuctioneerOptions } from '../../src/auctioneer/options.ts';
import { type ActorSystem, createActorSystem } from '../../src/kernel/actor-system.ts';
import { ActualLRPsRequest, ActualLRPsResponse } from '../../src/model/bbs/messages/actual-lrp.ts';
import {
  DesiredLRPLifecycleResponse,
  DesireLRPRequest,
} from '../../src/model/bbs/messages/desired-lrp.ts';
import {
  DesireTaskRequest,
  type Task,
  TaskByGuidRequest,
  TaskLifecycleResponse,
  TaskResponse,
} from '../../src/model/bbs/messages/tasks.ts';
import { SUPERVISION_DEFAULTS } from '../../src/node/tree.ts';
import { desiredLrp, taskDefinition } from '../bbs/operations/requests.ts';
import { TypedClient } from '../bbs/operations/typed-client.ts';
import { type OpenedBbs, startBbsUnderTest } from '../bbs/support/bbs-under-test.ts';

export interface AuctioneerUnderTest {
  readonly system: ActorSystem;
  readonly lines: readonly LogLine[];
  /** Empty while it does not listen. */
  url(): string;
  state(): string;
  stop(): Promise<void>;
}

export function startAuctioneer(
  bbsUrl: string,
  more: Partial<AuctioneerOptions> = {},
): AuctioneerUnderTest {
  const clock = createRealClock();
  const random = createSystemRandom();
  const { log, lines } = createMemoryLog();
  const options = { ...AUCTIONEER_DEFAULTS, port: 0, bbsUrl, ...more };
  const root: SupervisorSpec = {
    ...SUPERVISION_DEFAULTS,
    name: 'node',
    strategy: 'one_for_one',
    children: createAuctioneerChildren(options, { clock, random, log }),
    drainOnEscalation: false,
    nowMs: clock.nowMs,
    chance: random.next,
  };
  const system = createActorSystem({ root, clock, log });
  system.start();
  const snapshot = () =>
    system.whereis('auctioneer')?.getSnapshot() as { value: unknown; context: { port: number } };
  return {
    system,
    lines,
    state: () => JSON.stringify(snapshot().value),
    url: () => (snapshot().context.port === 0 ? '' : `http://127.0.0.1:${snapshot().context.port}`),
    async stop() {
      system.shutdown('fast');
      await system.ended;
    },
  };
}

export interface BbsAndClient {
  readonly bbs: OpenedBbs;
  readonly client: TypedClient;
  desireLrp(guid: string, fields?: Parameters<typeof desiredLrp>[1]): Promise<void>;
  desireTask(guid: string, fields?: Parameters<typeof taskDefinition>[0]): Promise<void>;
  /** `state placement error` of each instance, in order. */
  instances(guid: string): Promise<readonly string[]>;
  task(guid: string): Promise<Task | undefined>;
}

export async function startBbs(auctioneerAddress: string): Promise<BbsAndClient> {
  const bbs = await startBbsUnderTest({ store: 'memory', generation: 'today', auctioneerAddress });
  const client = new TypedClient(bbs.baseUrl);
  return {
    bbs,
    client,
    async desireLrp(guid, fields) {
      await client.post(
        '/v1/desired_lrp/desire.r2',
        DesireLRPRequest,
        DesiredLRPLifecycleResponse,
        { desired_lrp: desiredLrp(guid, fields) },
      );
    },
    async desireTask(guid, fields) {
      await client.post('/v1/tasks/desire.r2', DesireTaskRequest, TaskLifecycleResponse, {
        task_guid: guid,
        domain: 'dom',
        task_definition: taskDefinition(fields),
      });
    },
    async instances(guid) {
      const { actual_lrps } = await client.post(
        '/v1/actual_lrps/list',
        ActualLRPsRequest,
        ActualLRPsResponse,
        { process_guid: guid },
      );
      return actual_lrps
        .toSorted((one, other) => one.actual_lrp_key.index - other.actual_lrp_key.index)
        .map(({ state, placement_error }) => `${state} ${placement_error}`.trim());
    },
    async task(guid) {
      const { task } = await client.post(
        '/v1/tasks/get_by_task_guid.r3',
        TaskByGuidRequest,
        TaskResponse,
        { task_guid: guid },
      );
      return task;
    },
  };
}
