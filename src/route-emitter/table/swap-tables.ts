/** Puts a table that was read anew in the place of the old one (diego.md §11.6). */
import { type Change, diffRoutes, NOTHING } from './diff-routes.ts';
import type { Route } from './lrp.ts';
import type { Process, RoutingTable } from './routing-table.ts';

export interface ProcessChanges {
  readonly processGuid: string;
  readonly changes: readonly Change[];
}

/** Old routes whose hostname the new ones do not have. */
function unionOf(next: readonly Route[], old: readonly Route[]): readonly Route[] {
  const isMissing = (route: Route): boolean =>
    !next.some(
      (own) =>
        own.hostname === route.hostname &&
        own.containerPort === route.containerPort &&
        own.isInternal === route.isInternal,
    );
  const kept = old.filter(isMissing);
  return kept.length === 0 ? next : [...next, ...kept];
}

/**
 * A list of desired LRPs may be incomplete when its domain is not fresh, so that then no route is
 * taken away. Endpoints always are as they were read.
 */
function freshened(old: Process, next: Process | undefined): Process {
  if (next === undefined) return { ...old, instances: NOTHING.instances };
  const { desiredInstances, tag } = next.tag === undefined ? old : next;
  return { ...next, desiredInstances, tag, routes: unionOf(next.routes, old.routes) };
}

/**
 * What leads from `old` to `next`, one LRP at a time, so that the caller can stop for breath.
 * `next` is completed on the way: until the end of the walk nobody else may change it.
 */
export function* swapTables(
  old: RoutingTable,
  next: RoutingTable,
  isFresh: (domain: string) => boolean,
): Generator<ProcessChanges> {
  for (const [processGuid, was] of old.entries()) {
    const read = next.get(processGuid);
    const { domain } = read ?? was;
    if (isFresh(domain)) {
      yield { processGuid, changes: diffRoutes(was, read ?? NOTHING) };
      continue;
    }
    const kept = freshened(was, read);
    next.put(processGuid, kept);
    yield { processGuid, changes: diffRoutes(was, kept) };
  }
  for (const [processGuid, read] of next.entries()) {
    if (old.get(processGuid) !== undefined) continue;
    yield { processGuid, changes: diffRoutes(NOTHING, read) };
  }
}
