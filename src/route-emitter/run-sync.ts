/** Reads everything anew and tells the routers what is different (diego.md §11.3, §11.6). */
import { applyEvent } from './apply-event.ts';
import { messagesFor, publishMessages, repeatLater } from './publish-messages.ts';
import { Slices } from './slices.ts';
import { type FetchListener, type Snapshot, UnreadableError } from './sources/lrp-source.ts';
import { type RouteEmitterState, WATCHER } from './state.ts';
import { isRouted, type LrpEvent } from './table/lrp.ts';
import type { RoutingTable } from './table/routing-table.ts';
import { swapTables } from './table/swap-tables.ts';

export type SyncResult =
  | { readonly ok: true; readonly tookMs: number }
  | { readonly ok: false; readonly reason: string };

export interface SyncScope {
  /** The watcher is gone: another one will sync. */
  isCancelled(): boolean;
  /** Handles an event that waited for the end of the sync. */
  replay(event: LrpEvent): void;
}

async function buildTable(
  state: RouteEmitterState,
  { desireds, actuals }: Snapshot,
): Promise<RoutingTable> {
  const table = state.newTable();
  const slices = new Slices(state.ports.clock);
  for (const desired of desireds) {
    table.setRoutes(undefined, desired);
    if (slices.isOver) await slices.next();
  }
  for (const actual of actuals) {
    if (isRouted(actual)) table.load(actual);
    if (slices.isOver) await slices.next();
  }
  return table;
}

interface MessageCounts {
  registrations: number;
  unregistrations: number;
}

/** From here on the new table is the table. Events are still cached: it is being completed. */
async function swap(
  state: RouteEmitterState,
  next: RoutingTable,
  domains: ReadonlySet<string>,
  { isCancelled }: SyncScope,
): Promise<MessageCounts> {
  const counts: MessageCounts = { registrations: 0, unregistrations: 0 };
  const slices = new Slices(state.ports.clock);
  const old = state.table;
  state.table = next;
  const walk = swapTables(old, next, (domain) => domains.has(domain));
  for (const { processGuid, changes } of walk) {
    if (changes.length > 0) {
      const messages = messagesFor(state, next, processGuid, changes);
      counts.registrations += messages.registrations.length;
      counts.unregistrations += messages.unregistrations.length;
      publishMessages(state, messages);
      repeatLater(state, messages);
    }
    // Half a swap would leave routes that nobody withdraws.
    const isOver = changes.length > 0 ? slices.isLate : slices.isOver;
    if (isOver && !isCancelled()) await slices.next();
  }
  return counts;
}

const takeCached = (state: RouteEmitterState): readonly LrpEvent[] =>
  state.cachedEvents.splice(0, state.cachedEvents.length);

/** Undefined: the watcher is gone meanwhile. */
export async function runSync(
  state: RouteEmitterState,
  scope: SyncScope,
): Promise<SyncResult | undefined> {
  const { clock, log } = state.ports;
  const startedMs = clock.nowMs();
  const session = state.newSession();
  const prefix = `${WATCHER}.sync`;
  const debug: FetchListener['onStep'] = (message, data) => {
    if (log.isEnabled('debug')) log.debug(`${prefix}.${message}`, { ...data, session });
  };
  const onFailure: FetchListener['onFailure'] = (message, error) =>
    log.error(`${prefix}.${message}`, { error, session });
  const fail = (reason: string): SyncResult => {
    state.isSyncing = false;
    const events = takeCached(state);
    if (events.length > 0) log.info(`${prefix}.handling-events-from-failed-sync`, { session });
    for (const event of events) scope.replay(event);
    return { ok: false, reason };
  };

  log.info(`${prefix}.starting`, { session });
  state.isSyncing = true;
  const answer = await state.source.fetch({ onStep: debug, onFailure });
  if (scope.isCancelled()) return undefined;
  if (!answer.ok) return fail(answer.message);
  let next: RoutingTable;
  try {
    next = await buildTable(state, answer.value);
  } catch (error) {
    if (error instanceof UnreadableError)
      return scope.isCancelled() ? undefined : fail(error.message);
    throw error;
  }
  if (scope.isCancelled()) return undefined;
  debug('handling-cached-events', { 'num-events': state.cachedEvents.length });
  for (const event of takeCached(state)) applyEvent(next, event);
  debug('done-handling-cached-events');
  const counts = await swap(state, next, answer.value.domains, scope);
  const numbers = {
    'num-registration-messages': counts.registrations,
    'num-unregistration-messages': counts.unregistrations,
  };
  debug('emitting-messages', numbers);
  debug('done-emitting-messages', numbers);
  finish(state, counts);
  for (const event of takeCached(state)) scope.replay(event);
  log.info(`${prefix}.complete`, { session });
  state.counts.lastSyncMs = clock.nowMs() - startedMs;
  return { ok: true, tookMs: state.counts.lastSyncMs };
}

function finish(state: RouteEmitterState, counts: MessageCounts): void {
  state.isSyncing = false;
  state.counts.syncs += 1;
  state.counts.routesSynced += counts.registrations;
}
