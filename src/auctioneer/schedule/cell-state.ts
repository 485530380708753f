/** What a cell says of itself, as GET /state answers (diego.md §13.3). */

export interface Resources {
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly containers: number;
}

/** Which root file systems of one URL scheme a cell has: any, or those of a list. */
export type RootfsProvider =
  | { readonly type: 'arbitrary' }
  | { readonly type: 'fixed_set'; readonly names: ReadonlySet<string> };

export interface CellState {
  readonly cellId: string;
  readonly cellIndex: number;
  readonly zone: string;
  readonly isEvacuating: boolean;
  readonly rootfsProviders: ReadonlyMap<string, RootfsProvider>;
  readonly available: Resources;
  readonly total: Resources;
  /** Of each instance on the cell. */
  readonly processGuids: readonly string[];
  readonly tasks: number;
  readonly startingContainers: number;
  readonly volumeDrivers: readonly string[];
  /** An LRP must have all of these. */
  readonly placementTags: readonly string[];
  /** An LRP may have these as well. */
  readonly optionalPlacementTags: readonly string[];
  /** What the proxy beside each instance needs. */
  readonly proxyMemoryMb: number;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectOf = (value: unknown): Json => (isObject(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const textsOf = (value: unknown): string[] => listOf(value).map(textOf);
const numberOf = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : 0;

const resourcesOf = (value: unknown): Resources => {
  const json = objectOf(value);
  return {
    memoryMb: numberOf(json['MemoryMB']),
    diskMb: numberOf(json['DiskMB']),
    containers: numberOf(json['Containers']),
  };
};

function providerOf(value: unknown): RootfsProvider | undefined {
  const { type, set } = objectOf(value);
  if (type === 'arbitrary') return { type };
  if (type !== 'fixed_set') return undefined;
  return { type, names: new Set(Object.keys(objectOf(set))) };
}

function providersOf(value: unknown): Map<string, RootfsProvider> {
  const providers = new Map<string, RootfsProvider>();
  for (const [scheme, given] of Object.entries(objectOf(value))) {
    const provider = providerOf(given);
    if (provider !== undefined) providers.set(scheme, provider);
  }
  return providers;
}

/**
 * Reads the answer of a cell of either era. Keys that a cell leaves out count as empty; undefined
 * when the text is no JSON object.
 */
export function parseCellState(text: string): CellState | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  return {
    cellId: textOf(json['cell_id']),
    cellIndex: numberOf(json['cell_index']),
    zone: textOf(json['Zone']),
    isEvacuating: json['Evacuating'] === true,
    rootfsProviders: providersOf(json['RootFSProviders']),
    available: resourcesOf(json['AvailableResources']),
    total: resourcesOf(json['TotalResources']),
    processGuids: listOf(json['LRPs']).map((lrp) => textOf(objectOf(lrp)['process_guid'])),
    tasks: listOf(json['Tasks']).length,
    startingContainers: numberOf(json['StartingContainerCount']),
    volumeDrivers: textsOf(json['VolumeDrivers']),
    placementTags: textsOf(json['PlacementTags']),
    optionalPlacementTags: textsOf(json['OptionalPlacementTags']),
    proxyMemoryMb: numberOf(json['ProxyMemoryAllocationMB']),
  };
}
