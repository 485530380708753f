/** Cells and requests for tests of the placement rules, with only what matters spelled out. */
import { AUCTIONEER_DEFAULTS } from '../../src/auctioneer/options.ts';
import type { LrpAuction, TaskAuction } from '../../src/auctioneer/schedule/auction-request.ts';
import { CellCopy, type ScoreRules } from '../../src/auctioneer/schedule/cell-copy.ts';
import type { CellState, RootfsProvider } from '../../src/auctioneer/schedule/cell-state.ts';
import type { PlacementRules } from '../../src/auctioneer/schedule/place.ts';
import { Scheduler } from '../../src/auctioneer/schedule/scheduler.ts';

const LINUX: RootfsProvider = { type: 'fixed_set', names: new Set(['cflinuxfs4']) };

export interface CellGiven extends Partial<Omit<CellState, 'available' | 'total'>> {
  readonly memory?: number;
  readonly disk?: number;
  readonly containers?: number;
  /** Of each resource, when nothing runs. */
  readonly total?: number;
}

export function cellState(cellId: string, given: CellGiven = {}): CellState {
  const { memory, disk, containers, total = 100, ...more } = given;
  return {
    cellId,
    cellIndex: 0,
    zone: 'z1',
    isEvacuating: false,
    rootfsProviders: new Map([['preloaded', LINUX]]),
    available: {
      memoryMb: memory ?? total,
      diskMb: disk ?? total,
      containers: containers ?? total,
    },
    total: { memoryMb: total, diskMb: total, containers: total },
    processGuids: [],
    tasks: 0,
    startingContainers: 0,
    volumeDrivers: [],
    placementTags: [],
    optionalPlacementTags: [],
    proxyMemoryMb: 0,
    ...more,
  };
}

const NEEDS = {
  domain: 'd',
  memoryMb: 10,
  diskMb: 10,
  maxPids: 0,
  rootFs: 'preloaded:cflinuxfs4',
  placementTags: [],
  volumeDrivers: [],
} as const;

export const lrp = (
  processGuid: string,
  index = 0,
  given: Partial<LrpAuction> = {},
): LrpAuction => ({ ...NEEDS, processGuid, index, ...given });

export const task = (taskGuid: string, given: Partial<TaskAuction> = {}): TaskAuction => ({
  ...NEEDS,
  taskGuid,
  ...given,
});

export type Rules = ScoreRules & PlacementRules;

export const RULES: Rules = AUCTIONEER_DEFAULTS;

export interface Outcome {
  /** `guid.index → cell`, in the order in which places were given out. */
  readonly placed: readonly string[];
  readonly failed: Readonly<Record<string, string>>;
  readonly cells: readonly CellCopy[];
}

export function auction(
  states: readonly CellState[],
  work: { lrps?: readonly LrpAuction[]; tasks?: readonly TaskAuction[] },
  rules: Partial<Rules> = {},
): Outcome {
  const all = { ...RULES, ...rules };
  const cells = states.map((state) => new CellCopy(state, `http://${state.cellId}`, all));
  const placed: string[] = [];
  const batch = { lrps: work.lrps ?? [], tasks: work.tasks ?? [] };
  const scheduler = new Scheduler(cells, batch, all, (won, cell) => {
    const name = won.kind === 'lrp' ? `${won.lrp.processGuid}.${won.lrp.index}` : won.task.taskGuid;
    placed.push(`${name} → ${cell.state.cellId}`);
  });
  while (scheduler.step());
  const failed: Record<string, string> = {};
  for (const { lrp: own, error } of scheduler.failedLrps) {
    failed[`${own.processGuid}.${own.index}`] = error;
  }
  for (const { task: own, error } of scheduler.failedTasks) failed[own.taskGuid] = error;
  return { placed, failed, cells };
}
