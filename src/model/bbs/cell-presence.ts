/** What a cell says of itself when it registers, as JSON text of both eras (diego.md §8). */
import { CellCapacity, CellPresence, Provider } from './messages/cells.ts';
import type { Of } from './messages/common.ts';

type Json = Readonly<Record<string, unknown>>;
type RootfsProvider = Of<typeof Provider>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Thrown and caught in this file only: some value is not what its key needs. */
class WrongValue extends Error {}

const MAX_INT32 = 2 ** 31 - 1;

/** Go writes nothing, or null, for a value that was never set. */
function read<T>(value: unknown, absent: T, isRight: (value: unknown) => boolean): T {
  if (value === undefined || value === null) return absent;
  if (!isRight(value)) throw new WrongValue();
  return value as T;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextList = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isInt32 = (value: unknown): boolean =>
  Number.isInteger(value) && Math.abs(value as number) <= MAX_INT32;

const textOf = (json: Json, key: string): string => read(json[key], '', isText);
const textsOf = (json: Json, key: string): string[] => read(json[key], [], isTextList);
const numberOf = (json: Json, key: string): number => read(json[key], 0, isInt32);
const objectOf = (value: unknown): Json => read(value, {}, isObject);

function capacityOf(json: Json): CellPresence['capacity'] {
  if (json['capacity'] === undefined || json['capacity'] === null) return undefined;
  const capacity = objectOf(json['capacity']);
  return CellCapacity.create({
    memory_mb: numberOf(capacity, 'memory_mb'),
    disk_mb: numberOf(capacity, 'disk_mb'),
    containers: numberOf(capacity, 'containers'),
  });
}

/** Today a list; in 2015 an object of name → properties, under another key. */
function providersOf(json: Json): RootfsProvider[] {
  const list: unknown[] = read(json['rootfs_provider_list'], [], Array.isArray);
  const today = list.map((item) => {
    const provider = objectOf(item);
    const properties = textsOf(provider, 'properties');
    return Provider.create({ name: textOf(provider, 'name'), properties });
  });
  if (today.length > 0) return today;
  const of2015 = objectOf(json['rootfs_providers']);
  return Object.keys(of2015).map((name) =>
    Provider.create({ name, properties: textsOf(of2015, name) }),
  );
}

function annotationsOf(json: Json): CellPresence['annotations'] {
  const annotations = objectOf(json['annotations']);
  return new Map(Object.keys(annotations).map((name) => [name, textOf(annotations, name)]));
}

function presenceOf(json: Json): CellPresence | undefined {
  const cellId = textOf(json, 'cell_id');
  if (cellId === '') return undefined;
  return CellPresence.create({
    cell_id: cellId,
    rep_address: textOf(json, 'rep_address'),
    zone: textOf(json, 'zone'),
    capacity: capacityOf(json),
    rootfs_providers: providersOf(json),
    placement_tags: textsOf(json, 'placement_tags'),
    optional_placement_tags: textsOf(json, 'optional_placement_tags'),
    rep_url: textOf(json, 'rep_url'),
    annotations: annotationsOf(json),
  });
}

/**
 * Reads the value of a presence. Keys that are not known are ignored; undefined when the text is
 * no JSON object, names no cell, or has a value of the wrong type (diego.md §8).
 */
export function parseCellPresence(text: string): CellPresence | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? presenceOf(json) : undefined;
  } catch (error) {
    if (error instanceof WrongValue || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Name → properties, as 2015 wrote the root file systems of a cell (diego.md §8, §12.1). */
export const rootfsProviderMap = ({
  rootfs_providers: providers,
}: Pick<CellPresence, 'rootfs_providers'>): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(providers.map(({ name, properties }) => [name, properties]));

const common = ({ cell_id, rep_address, zone, capacity = CellCapacity.empty }: CellPresence) => ({
  cell_id,
  rep_address,
  zone,
  capacity: {
    memory_mb: capacity.memory_mb,
    disk_mb: capacity.disk_mb,
    containers: capacity.containers,
  },
});

/** The value of a presence, as cells of today or those of 2015 write it (diego.md §8). */
export function cellPresenceText(presence: CellPresence, era: 'today' | '2015' = 'today'): string {
  if (era === '2015') {
    return JSON.stringify({ ...common(presence), rootfs_providers: rootfsProviderMap(presence) });
  }
  return JSON.stringify({
    ...common(presence),
    rootfs_provider_list: presence.rootfs_providers.map(({ name, properties }) => ({
      name,
      properties,
    })),
    placement_tags: presence.placement_tags,
    optional_placement_tags: presence.optional_placement_tags,
    ...(presence.rep_url === '' ? {} : { rep_url: presence.rep_url }),
    ...(presence.annotations.size === 0
      ? {}
      : { annotations: Object.fromEntries(presence.annotations) }),
  });
}
