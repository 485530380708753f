/** What an event does to the table (diego.md §11.5). */
import type { Change } from './table/diff-routes.ts';
import { type Actual, isRouted, isRunning, type LrpEvent } from './table/lrp.ts';
import type { RoutingTable } from './table/routing-table.ts';

const NO_CHANGES: readonly Change[] = [];

const isSameCopy = (a: Actual, b: Actual): boolean =>
  a.instance.guid === b.instance.guid && a.instance.isEvacuating === b.instance.isEvacuating;

/** Endpoints of an instance that both left and stayed did not change for anybody. */
function handOver(table: RoutingTable, before: Actual, after: Actual): readonly Change[] {
  const added = table.addEndpoint(after);
  const removed = table.removeEndpoint(before);
  return [...added, ...removed];
}

function applyActualChange(table: RoutingTable, before: Actual, after: Actual): readonly Change[] {
  if (isRouted(after)) {
    const isMoved = isRunning(before) && !isSameCopy(before, after);
    return isMoved ? handOver(table, before, after) : table.addEndpoint(after);
  }
  if (isRunning(after))
    return before.isRoutable === false ? NO_CHANGES : table.removeEndpoint(after);
  return isRunning(before) ? table.removeEndpoint(before) : NO_CHANGES;
}

/** The LRP that an event is about; undefined: none. */
export function processGuidOf(event: LrpEvent): string | undefined {
  if (event.type === 'unrecognized') return undefined;
  if ('desired' in event) return event.desired.processGuid;
  if ('actual' in event) return event.actual.processGuid;
  return event.after.processGuid;
}

/** The instance that runs by now, as the event tells it. */
export function startedBy(event: LrpEvent): Actual | undefined {
  if (event.type === 'actual-created') return isRouted(event.actual) ? event.actual : undefined;
  if (event.type !== 'actual-changed') return undefined;
  return isRouted(event.after) ? event.after : undefined;
}

/** Changes the table; the answer is what routers are to be told. */
export function applyEvent(table: RoutingTable, event: LrpEvent): readonly Change[] {
  switch (event.type) {
    case 'desired-created':
      return table.setRoutes(undefined, event.desired);
    case 'desired-changed':
      return table.setRoutes(event.before, event.after);
    case 'desired-removed':
      return table.removeRoutes(event.desired);
    case 'actual-created':
      return isRouted(event.actual) ? table.addEndpoint(event.actual) : NO_CHANGES;
    case 'actual-changed':
      return applyActualChange(table, event.before, event.after);
    case 'actual-removed':
      return isRunning(event.actual) ? table.removeEndpoint(event.actual) : NO_CHANGES;
    case 'unrecognized':
      return NO_CHANGES;
  }
}
