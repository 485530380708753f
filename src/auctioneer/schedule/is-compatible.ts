/** Which cells can take a piece of work at all, however full they are (diego.md §13.2). */
import type { Needs } from './auction-request.ts';
import type { CellState } from './cell-state.ts';

/** The checks in their order; the error names the last one that some cell came to. */
const CHECKS = ['rootfs', 'volume-drivers', 'placement-tags'] as const;
export type Check = (typeof CHECKS)[number];

/** `preloaded:cflinuxfs4` → scheme `preloaded`, opaque part `cflinuxfs4`. */
function hasRootfs({ rootfsProviders }: CellState, rootFs: string): boolean {
  const colon = rootFs.indexOf(':');
  if (colon <= 0) return false;
  const provider = rootfsProviders.get(rootFs.slice(0, colon).toLowerCase());
  if (provider === undefined) return false;
  if (provider.type === 'arbitrary') return true;
  const [opaque = ''] = rootFs.slice(colon + 1).split('?');
  return provider.names.has(opaque);
}

const hasDrivers = ({ volumeDrivers }: CellState, wanted: readonly string[]): boolean =>
  wanted.every((driver) => volumeDrivers.includes(driver));

/** Required ⊆ wanted ⊆ required ∪ optional. */
const hasTags = (
  { placementTags: required, optionalPlacementTags: optional }: CellState,
  wanted: readonly string[],
): boolean =>
  required.every((tag) => wanted.includes(tag)) &&
  wanted.every((tag) => required.includes(tag) || optional.includes(tag));

/** The first check that the cell does not pass; undefined: it can take the work. */
export function failedCheck(cell: CellState, needs: Needs): Check | undefined {
  if (!hasRootfs(cell, needs.rootFs)) return 'rootfs';
  if (!hasDrivers(cell, needs.volumeDrivers)) return 'volume-drivers';
  return hasTags(cell, needs.placementTags) ? undefined : 'placement-tags';
}

/** Of two failed checks the one that comes later: its cell was nearer to being right. */
export const laterCheck = (one: Check, other: Check): Check =>
  CHECKS.indexOf(one) >= CHECKS.indexOf(other) ? one : other;
