/** Registers every route of every endpoint again (diego.md §11.6). */
import type { Audience } from '../../machines/route-emitter/route-emitter.events.ts';
import { messagesShown } from './log-forms.ts';
import { ROUTE_EMITTER_LIMITS } from './options.ts';
import { messagesFor, publishOne } from './publish-messages.ts';
import { Slices } from './slices.ts';
import { type RouteEmitterState, WATCHER } from './state.ts';
import { diffRoutes, NOTHING } from './table/diff-routes.ts';
import type { OutgoingMessage } from './table/registry-messages.ts';
import type { Process, RoutingTable } from './table/routing-table.ts';

/** Registrations of one LRP that this audience hears. */
function registrationsOf(
  state: RouteEmitterState,
  table: RoutingTable,
  [processGuid, process]: readonly [string, Process],
  audience: Audience,
): readonly OutgoingMessage[] {
  const changes = diffRoutes(NOTHING, process);
  if (changes.length === 0) return [];
  const isForInternal = audience === 'service-discovery';
  const { registrations } = messagesFor(state, table, processGuid, changes);
  return registrations.filter(({ isInternal }) => isInternal === isForInternal);
}

/**
 * Resolves with the number of messages. A table that is swapped meanwhile is begun anew, so that
 * nothing is registered that is gone by now.
 */
export async function emitAll(
  state: RouteEmitterState,
  audience: Audience,
  isCancelled: () => boolean,
): Promise<number> {
  const { log, clock, bus } = state.ports;
  const session = state.newSession();
  const slices = new Slices(clock);
  let sent = 0;
  let pending: OutgoingMessage[] = [];
  const flush = (): void => {
    const registrations = pending;
    pending = [];
    if (log.isEnabled('debug') && registrations.length > 0) {
      const messages = messagesShown({ registrations, unregistrations: [] });
      log.debug(`${WATCHER}.emit.emitting-messages`, { messages, session });
    }
    for (const outgoing of registrations) publishOne(state, 'register', outgoing);
    sent += registrations.length;
  };
  /** False: the table is not the table any more. */
  const walk = async (table: RoutingTable): Promise<boolean> => {
    for (const entry of table.entries()) {
      for (const outgoing of registrationsOf(state, table, entry, audience)) {
        pending.push(outgoing);
      }
      const isFull = pending.length >= ROUTE_EMITTER_LIMITS.loggedMessages;
      if (!isFull && !slices.isOver) continue;
      // No event may come between the look at the table and the message.
      flush();
      if (!slices.isLate) continue;
      await slices.next();
      if (isCancelled() || !bus.isConnected) return true;
      if (state.table !== table) return false;
    }
    flush();
    return true;
  };
  for (let isDone = false; !isDone; ) isDone = await walk(state.table);
  state.counts.routesTotal = sent;
  return sent;
}
