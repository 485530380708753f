/** Where events wait: for the end of a sync, or for routes that are not known yet (§11.3). */
import { processGuidOf, startedBy } from './apply-event.ts';
import { handleEvent, handleRefreshed } from './handle-event.ts';
import { eventName } from './log-forms.ts';
import { ROUTE_EMITTER_LIMITS } from './options.ts';
import { type RouteEmitterState, WATCHER } from './state.ts';
import type { LrpEvent } from './table/lrp.ts';

export interface EventIntake {
  take(event: LrpEvent): void;
}

export interface IntakeListener {
  /** Events were lost, since too many wait. */
  onOverflow(): void;
  onFault(error: unknown): void;
}

/** Puts an event behind the sync under way. False: too many are there. */
function cache({ cachedEvents, ports: { log } }: RouteEmitterState, event: LrpEvent): boolean {
  log.info(`${WATCHER}.caching-event`, { type: eventName(event) });
  if (cachedEvents.length >= ROUTE_EMITTER_LIMITS.cachedEvents) return false;
  cachedEvents.push(event);
  return true;
}

export function createEventIntake(
  state: RouteEmitterState,
  { onOverflow, onFault }: IntakeListener,
): EventIntake {
  /** By process guid: the events that wait for its routes, in their order. */
  const waiting = new Map<string, LrpEvent[]>();

  function handle(event: LrpEvent): void {
    if (!state.isSyncing) handleEvent(state, event);
    else if (!cache(state, event)) onOverflow();
  }

  async function refresh(guid: string): Promise<void> {
    const { log } = state.ports;
    const answer = await state.source.fetchDesired(guid);
    if (!answer.ok) {
      const data = { 'process-guid': guid, error: answer.message };
      log.error(`${WATCHER}.failed-getting-desired-lrp`, data);
    }
    const desired = answer.ok ? answer.value : undefined;
    const events = waiting.get(guid) ?? [];
    waiting.delete(guid);
    if (desired !== undefined) {
      if (!state.isSyncing) handleRefreshed(state, desired);
      // The list under way may be older than this LRP.
      else if (!cache(state, { type: 'desired-created', desired })) onOverflow();
    }
    for (const event of events) handle(event);
  }

  return {
    take(event) {
      if (state.isSyncing) {
        if (!cache(state, event)) onOverflow();
        return;
      }
      const guid = processGuidOf(event);
      const queue = guid === undefined ? undefined : waiting.get(guid);
      if (queue !== undefined) {
        if (queue.length < ROUTE_EMITTER_LIMITS.eventsPerRefresh) queue.push(event);
        else onOverflow();
        return;
      }
      const started = startedBy(event);
      if (started === undefined || state.table.hasRoutes(started.processGuid)) {
        handleEvent(state, event);
      } else if (waiting.size < ROUTE_EMITTER_LIMITS.refreshes) {
        waiting.set(started.processGuid, [event]);
        refresh(started.processGuid).catch(onFault);
      } else {
        handleEvent(state, event);
        onOverflow();
      }
    },
  };
}
