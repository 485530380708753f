import type { SyncWatcherEvent } from '../../../machines/route-emitter/route-emitter.events.ts';
import { syncWatcherMachine } from '../../../machines/route-emitter/sync-watcher.machine.ts';
import { resource } from '../../kernel/resource.ts';
import type { Timer } from '../../ports/clock.ts';
import { createEventIntake, type EventIntake } from '../event-intake.ts';
import { ROUTE_EMITTER_LIMITS } from '../options.ts';
import { runSync } from '../run-sync.ts';
import { type RouteEmitterState, WATCHER } from '../state.ts';

/** Hears the events of the BBS, and reads everything when the machine says so. */
export function watcherLogic(state: RouteEmitterState) {
  const { clock, log } = state.ports;
  let intake: EventIntake | undefined;

  const eventSource = resource<SyncWatcherEvent, Record<string, never>>((_input, scope) => {
    let unsubscribe: () => void = () => {};
    let timer: Timer | undefined;
    const own = createEventIntake(state, {
      onOverflow: () => scope.send({ type: 'SYNC_REQUESTED' }),
      onFault: scope.fail,
    });
    intake = own;
    const open = scope.guard(() => {
      unsubscribe = state.source.subscribe({
        onOpen: scope.guard(() => scope.send({ type: 'EVENT_SOURCE_OPENED' })),
        onEvent: scope.guard((event) => own.take(event)),
        onEnd: scope.guard((reason: string) => {
          scope.send({ type: 'EVENT_SOURCE_LOST', reason });
          timer = clock.setTimeout(open, ROUTE_EMITTER_LIMITS.resubscribeMs);
        }),
      });
    });
    open();
    return () => {
      clock.clearTimeout(timer);
      unsubscribe();
    };
  });

  const sync = resource<SyncWatcherEvent, Record<string, never>>((_input, scope) => {
    let isOpen = true;
    runSync(state, {
      isCancelled: () => !isOpen,
      replay: (event) => intake?.take(event),
    }).then((result) => {
      if (result === undefined) return;
      if (result.ok) scope.send({ type: 'SYNC_SUCCEEDED', tookMs: result.tookMs });
      else scope.send({ type: 'SYNC_FAILED', reason: result.reason });
    }, scope.fail);
    return () => {
      isOpen = false;
    };
  });

  return syncWatcherMachine.provide({
    actors: { eventSource, sync },
    actions: {
      logSourceLost: ({ event }) => {
        if (event.type !== 'EVENT_SOURCE_LOST') return;
        log.error(`${WATCHER}.event-source-error`, { error: event.reason });
      },
      logSyncInProgress: () => log.info(`${WATCHER}.sync-already-in-progress`),
      logSyncFailed: ({ event }) => {
        if (event.type !== 'SYNC_FAILED') return;
        log.error(`${WATCHER}.failed-to-sync-events`, { error: event.reason });
      },
      logStopping: () => log.info(`${WATCHER}.stopping`),
    },
  });
}
