/** Rows of one index, and commands for them. */
import type { ActualLrpCommand } from '../../machines/bbs/actual-lrp.events.ts';
import type { EvacuationCommand } from '../../machines/bbs/evacuation.events.ts';
import { type LrpContext, type LrpSlots, lrpContext } from '../../machines/bbs/lrp.context.ts';
import { ActualLRP, ActualLRPNetInfo, PRESENCE } from '../../src/model/bbs/messages/actual-lrp.ts';
import { type Choices, everyOne, frozen } from './choices.ts';

export const SECOND = 1_000_000_000n;
/** The time of the commands, in nanoseconds since 1970. */
export const NOW = 1_443_000_000n * SECOND;

const KEY = { process_guid: 'guid', index: 0, domain: 'domain' } as const;
const OTHER_DOMAIN = { ...KEY, domain: 'another' } as const;
const instanceOn = (cell: string) => ({ instance_guid: `on-${cell}`, cell_id: cell });
const A = instanceOn('a');
const B = instanceOn('b');
const EVACUATED = instanceOn('e');
const SUSPECTED = instanceOn('s');

const netInfo = (address: string) =>
  ActualLRPNetInfo.create({
    address,
    ports: [
      {
        container_port: 8080,
        host_port: 61_001,
        container_tls_proxy_port: 0,
        host_tls_proxy_port: 0,
      },
    ],
  });
const HERE = netInfo('10.0.0.1');
const THERE = netInfo('10.0.0.2');
const TAGS = new Map([['source_id', 'guid']]);

const row = (fields: Partial<ActualLRP>): ActualLRP =>
  ActualLRP.create({
    actual_lrp_key: KEY,
    since: NOW - 60n * SECOND,
    modification_tag: { epoch: `of-${fields.state}-${fields.presence ?? 0}`, index: 3 },
    routable: false,
    ...fields,
  });
const running = (key: typeof A, fields: Partial<ActualLRP> = {}): ActualLRP =>
  row({
    state: 'RUNNING',
    actual_lrp_instance_key: key,
    actual_lrp_net_info: HERE,
    metric_tags: TAGS,
    routable: true,
    ...fields,
  });
const claimed = (key: typeof A, fields: Partial<ActualLRP> = {}): ActualLRP =>
  row({ state: 'CLAIMED', actual_lrp_instance_key: key, ...fields });

const UNCLAIMED = row({ state: 'UNCLAIMED' });
const HOPELESS = row({ state: 'UNCLAIMED', placement_error: 'insufficient resources: memory' });
const suspect = { presence: PRESENCE.SUSPECT };
const SUSPECTS = [undefined, claimed(SUSPECTED, suspect), running(SUSPECTED, suspect)];
const evacuating = { presence: PRESENCE.EVACUATING };

/** Rows that the store may hold. */
export const LRP_CONTEXTS: readonly LrpContext[] = everyOne<LrpSlots>({
  ordinary: [
    undefined,
    UNCLAIMED,
    HOPELESS,
    claimed(A),
    running(A, { crash_count: 2 }),
    running(A, { crash_count: 9, since: NOW - 301n * SECOND }),
    row({ state: 'CRASHED', crash_count: 3, crash_reason: 'out of memory' }),
    claimed(B, { crash_count: 2 }),
  ],
  evacuating: [undefined, running(A, evacuating), running(EVACUATED, evacuating)],
  suspect: SUSPECTS,
}).map((slots) => frozen(lrpContext(slots)));

const facts = { generation: ['today', '2015'], now: [NOW], epoch: ['fresh'] } as const;
const keyed = { ...facts, key: [KEY] } as const;
const ofInstance = { ...keyed, instanceKey: [A, B, SUSPECTED] } as const;
const runs = {
  netInfo: [HERE, THERE],
  internalRoutes: [[]],
  metricTags: [TAGS],
  routable: [true, false],
  availabilityZone: [''],
};
const REASONS = ['exited', 'x'.repeat(1024)];

export const ACTUAL_LRP_CHOICES: Choices<ActualLrpCommand> = {
  CREATE: keyed,
  CLAIM: ofInstance,
  START: { ...ofInstance, ...runs, key: [KEY, OTHER_DOMAIN] },
  CRASH: { ...ofInstance, reason: REASONS },
  FAIL: { ...keyed, reason: REASONS },
  REMOVE: { ...keyed, instanceKey: [undefined, A, B] },
  RETIRE: { ...keyed, isCellKnown: [true, false] },
  UNCLAIM: { ...keyed, instanceKey: [undefined, A, B] },
  RESTART: keyed,
  LOSE_CELL: { ...keyed, isWanted: [true, false] },
  REGAIN_CELL: keyed,
  REMOVE_SUSPECT: keyed,
};

const evacuates = { ...keyed, instanceKey: [A, B, EVACUATED, SUSPECTED] } as const;

export const EVACUATION_CHOICES: Choices<EvacuationCommand> = {
  REMOVE_EVACUATING: evacuates,
  LOSE_CELL: evacuates,
  EVACUATE_CLAIMED: evacuates,
  EVACUATE_STOPPED: evacuates,
  EVACUATE_CRASHED: evacuates,
  EVACUATE_RUNNING: {
    ...evacuates,
    ...runs,
    routable: [true],
    isRecreated: [false, true],
    areEnoughRunning: [false, true],
  },
};
