import type { Happening, Script, Step } from '../machines/run-script.ts';

const event = (type: string, more: object = {}): Happening => ({ type, ...more });
const shutdown = event('SHUTDOWN', { mode: 'drain' });
const failed = event('RESOURCE_FAILED', { error: new Error('broken') });
const connected = event('NATS_CONNECTED');
const lost = event('NATS_LOST');

const answered = event('ROUTER_ANSWERED', { registerIntervalMs: 20_000 });
const started = event('ROUTER_STARTED', { registerIntervalMs: 10_000 });

interface World {
  isConnected: boolean;
}

function scheduler(isConnected: boolean, start: Script['start'], steps: readonly Step[]): Script {
  const world: World = { isConnected };
  return {
    start,
    steps,
    input: (_clock, journal) => ({
      tell: (name: string, told: { type: string; audience: string }) => {
        journal.push(`${name}!${told.type}(${told.audience})`);
        return true;
      },
      broadcasterName: 'broadcaster',
      audience: 'router',
      isBusConnected: () => world.isConnected,
      chance: () => 0.5,
      jitterFactor: 0.2,
      greetIntervalMs: 1000,
    }),
  };
}

const EMIT = 'requestEmit broadcaster!EMIT_REQUESTED(router)';
const GREETING: Script['start'] = ['open.greeting', '+routerMessages publishGreet READY'];
const DETACHED: Script['start'] = ['open.detached', '+routerMessages READY'];
const JITTERING = 'logInterval';

const ROUTE_EMITTER_SCRIPTS: Readonly<Record<string, Script>> = {
  'greets every second, then registers on the interval of the answer': scheduler(true, GREETING, [
    [999, 'open.greeting', ''],
    [1, 'open.greeting', 'publishGreet'],
    [answered, 'open.scheduled', 'logInterval'],
    [answered, 'open.scheduled', ''],
    [19_999, 'open.scheduled', ''],
    [1, 'open.scheduled', EMIT],
    [20_000, 'open.scheduled', EMIT],
    [shutdown, 'ended', '-routerMessages ENDED'],
  ]),
  'tells a router that has just started, after a part of the interval': scheduler(true, GREETING, [
    [answered, 'open.scheduled', 'logInterval'],
    [15_000, 'open.scheduled', ''],
    [started, 'open.jittering', JITTERING],
    [999, 'open.jittering', ''],
    [started, 'open.jittering', JITTERING],
    [1, 'open.scheduled', EMIT],
    [9999, 'open.scheduled', ''],
    [1, 'open.scheduled', EMIT],
  ]),
  'takes a start for an answer': scheduler(true, GREETING, [
    [started, 'open.jittering', JITTERING],
    [1000, 'open.scheduled', EMIT],
    [started, 'open.jittering', JITTERING],
    [lost, 'open.detached', ''],
    [20_000, 'open.detached', ''],
  ]),
  'tells everything when NATS is back, and greets anew': scheduler(false, DETACHED, [
    [connected, 'open.greeting', `${EMIT} publishGreet`],
    [lost, 'open.detached', ''],
    [connected, 'open.greeting', `${EMIT} publishGreet`],
    [answered, 'open.scheduled', 'logInterval'],
    [lost, 'open.detached', ''],
    [answered, 'open.detached', ''],
  ]),
  'crashes with its subscriptions': scheduler(true, GREETING, [
    [failed, 'open.greeting', 'crash CRASHED'],
  ]),
};

const opened = event('EVENT_SOURCE_OPENED');
const sourceLost = event('EVENT_SOURCE_LOST', { reason: 'cut' });
const requested = event('SYNC_REQUESTED');
const succeeded = event('SYNC_SUCCEEDED', { tookMs: 5 });
const syncFailed = event('SYNC_FAILED', { reason: 'refused' });

const watcher = (...steps: Step[]): Script => ({
  start: ['open.connecting', '+eventSource READY'],
  steps,
  input: () => ({ syncIntervalMs: 60_000, retryIntervalMs: 5000 }),
});

const SYNC_WATCHER_SCRIPTS: Readonly<Record<string, Script>> = {
  'syncs when it hears events, and on the interval': watcher(
    [opened, 'open.syncing', '+sync'],
    [succeeded, 'open.watching', '-sync'],
    [59_999, 'open.watching', ''],
    [1, 'open.syncing', '+sync'],
    [succeeded, 'open.watching', '-sync'],
    [requested, 'open.syncing', '+sync'],
    [requested, 'open.syncing', 'logSyncInProgress'],
    [shutdown, 'ended', 'logStopping -sync -eventSource ENDED'],
  ),
  'syncs without events too': watcher(
    [60_000, 'open.syncing', '+sync'],
    [succeeded, 'open.watching', '-sync'],
  ),
  'syncs when it is told to': watcher([requested, 'open.syncing', '+sync']),
  'tries again soon after a sync that failed': watcher(
    [opened, 'open.syncing', '+sync'],
    [syncFailed, 'open.retrying', 'logSyncFailed -sync'],
    [4999, 'open.retrying', ''],
    [1, 'open.syncing', '+sync'],
    [syncFailed, 'open.retrying', 'logSyncFailed -sync'],
    [opened, 'open.syncing', '+sync'],
    [syncFailed, 'open.retrying', 'logSyncFailed -sync'],
    [requested, 'open.syncing', '+sync'],
  ),
  'syncs when events were lost, a second time if one was under way': watcher(
    [opened, 'open.syncing', '+sync'],
    [succeeded, 'open.watching', '-sync'],
    [sourceLost, 'open.watching', 'logSourceLost'],
    [opened, 'open.syncing', '+sync'],
    [sourceLost, 'open.syncing', 'logSourceLost'],
    [opened, 'open.syncing', ''],
    [succeeded, 'open.syncing', '-sync +sync'],
    [succeeded, 'open.watching', '-sync'],
  ),
  'crashes with its resources': watcher([failed, 'open.connecting', 'crash CRASHED']),
};

const emit = (audience: string): Happening => event('EMIT_REQUESTED', { audience });
const emissionEnded = event('EMISSION_ENDED', { messages: 3 });
const due = event('UNREGISTRATIONS_DUE');

const broadcaster = (...steps: Step[]): Script => ({
  start: ['open.idle', '+repeater READY'],
  steps,
});

const BROADCASTER_SCRIPTS: Readonly<Record<string, Script>> = {
  'emits one round at a time': broadcaster(
    [emit('router'), 'open.emitting', '+emission'],
    [emit('router'), 'open.emitting', 'logEmitInProgress'],
    [due, 'open.emitting', 'repeatUnregistrations'],
    [emissionEnded, 'open.idle', '-emission'],
    [due, 'open.idle', 'repeatUnregistrations'],
    [emit('router'), 'open.emitting', '+emission'],
    [shutdown, 'ended', '-emission -repeater ENDED'],
  ),
  'remembers the round of another audience': broadcaster(
    [emit('router'), 'open.emitting', '+emission'],
    [emit('service-discovery'), 'open.emitting', ''],
    [emissionEnded, 'open.emitting', '-emission +emission'],
    [emissionEnded, 'open.idle', '-emission'],
  ),
  'crashes with its resources': broadcaster([failed, 'open.idle', 'crash CRASHED']),
};

/** By the id of the machine, as test/machines/scripts.test.ts takes them. */
export const EMITTER_MACHINE_SCRIPTS: Readonly<Record<string, Readonly<Record<string, Script>>>> = {
  'route-emitter': ROUTE_EMITTER_SCRIPTS,
  'sync-watcher': SYNC_WATCHER_SCRIPTS,
  broadcaster: BROADCASTER_SCRIPTS,
};
