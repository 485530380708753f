/** In which order places are given out (diego.md §13.2, step 5). */
import type { LrpAuction, TaskAuction } from './auction-request.ts';

export type Auction =
  | { readonly kind: 'lrp'; readonly lrp: LrpAuction }
  | { readonly kind: 'task'; readonly task: TaskAuction };

const byIndexThenMemory = (one: LrpAuction, other: LrpAuction): number =>
  one.index - other.index || other.memoryMb - one.memoryMb;

/**
 * First the first instance of everything, then tasks, then all further instances; large ones first
 * among equals. The original places a batch in which there are only first instances after the
 * tasks: that slip is not copied (diego.md appendix B.6).
 */
export function inOrder(
  lrps: readonly LrpAuction[],
  tasks: readonly TaskAuction[],
): readonly Auction[] {
  const sorted = lrps.toSorted(byIndexThenMemory).map((lrp) => ({ kind: 'lrp', lrp }) as const);
  const large = tasks.toSorted((one, other) => other.memoryMb - one.memoryMb);
  return [
    ...sorted.filter(({ lrp }) => lrp.index === 0),
    ...large.map((task) => ({ kind: 'task', task }) as const),
    ...sorted.filter(({ lrp }) => lrp.index > 0),
  ];
}
