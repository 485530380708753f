/** What a cell says of itself to the auctioneer, and what it is asked to run (diego.md §13.3). */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Container, Resources } from '../executor/executor.ts';
import { CELL_LIMITS, type CellOptions } from '../options.ts';

const resourcesJson = ({ memoryMb, diskMb, containers }: Resources) => ({
  MemoryMB: memoryMb,
  DiskMB: diskMb,
  Containers: containers,
});

/** The states of the executor, as the original numbers and names them. */
const isStarting = ({ state }: Container): boolean =>
  state === 'reserved' || state === 'initializing' || state === 'created';

const common = ({ allocation: { memoryMb, diskMb, maxPids, owner } }: Container) => ({
  PlacementTags: [],
  VolumeDrivers: [],
  RootFs: '',
  MemoryMB: memoryMb,
  DiskMB: diskMb,
  MaxPids: maxPids,
  domain: owner.domain,
});

function lrpJson(container: Container) {
  const { owner } = container.allocation;
  if (owner.lifecycle !== 'lrp') return [];
  const { processGuid, index, instanceGuid } = owner;
  return [
    {
      instance_guid: instanceGuid,
      process_guid: processGuid,
      index,
      ...common(container),
      state: container.state.toUpperCase(),
    },
  ];
}

function taskJson(container: Container) {
  const { guid, owner } = container.allocation;
  if (owner.lifecycle !== 'task') return [];
  const { domain, ...rest } = common(container);
  return [
    {
      TaskGuid: guid,
      Domain: domain,
      ...rest,
      state: container.state === 'completed' ? 'Completed' : 'Running',
      failed: container.result?.isFailed === true,
    },
  ];
}

export interface CellFacts {
  readonly options: CellOptions;
  readonly repUrl: string;
  readonly total: Resources;
  readonly available: Resources;
  readonly containers: readonly Container[];
  readonly isEvacuating: boolean;
}

export const cellStateJson = (facts: CellFacts) => ({
  rep_url: facts.repUrl,
  cell_id: facts.options.cellId,
  cell_index: 0,
  RootFSProviders: {
    preloaded: {
      type: 'fixed_set',
      set: Object.fromEntries(facts.options.preloadedRootFs.map((name) => [name, {}])),
    },
  },
  AvailableResources: resourcesJson(facts.available),
  TotalResources: resourcesJson(facts.total),
  LRPs: facts.containers.flatMap(lrpJson),
  Tasks: facts.containers.flatMap(taskJson),
  StartingContainerCount: facts.containers.filter(isStarting).length,
  Zone: facts.options.zone,
  Evacuating: facts.isEvacuating,
  VolumeDrivers: [],
  PlacementTags: facts.options.placementTags,
  OptionalPlacementTags: facts.options.optionalPlacementTags,
  ProxyMemoryAllocationMB: 0,
});

const megabytes = Type.Optional(Type.Integer({ minimum: 0 }));
const WorkSchema = Type.Object({
  LRPs: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Array(
        Type.Object({
          process_guid: Type.String({ minLength: 1 }),
          index: Type.Integer({ minimum: 0 }),
          domain: Type.String({ minLength: 1 }),
          instance_guid: Type.Optional(Type.String()),
          MemoryMB: megabytes,
          DiskMB: megabytes,
          MaxPids: megabytes,
        }),
        { maxItems: CELL_LIMITS.workItems },
      ),
    ]),
  ),
  Tasks: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Array(
        Type.Object({
          TaskGuid: Type.String({ minLength: 1 }),
          Domain: Type.String({ minLength: 1 }),
          MemoryMB: megabytes,
          DiskMB: megabytes,
          MaxPids: megabytes,
        }),
        { maxItems: CELL_LIMITS.workItems },
      ),
    ]),
  ),
  cell_id: Type.Optional(Type.String()),
});

export type Work = Static<typeof WorkSchema>;
const checker = Compile(WorkSchema);

/** Undefined: not the JSON of a Work. */
export function parseWork(text: string): Work | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return checker.Check(json) ? json : undefined;
  } catch {
    return undefined;
  }
}
