import type { VirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import type { Happening, Script, Step } from './run-script.ts';

const event = (type: string, more: object = {}): Happening => ({ type, ...more });
const shutdown = (mode: 'drain' | 'fast'): Happening => event('SHUTDOWN', { mode });
const failed = event('RESOURCE_FAILED', { error: new Error('broken') });
const connected = event('NATS_CONNECTED');
const lost = event('NATS_LOST');

const INTERVAL_MS = 30_000;

/** The world of a script, which its steps may change. */
interface World {
  isConnected: boolean;
  phase: string;
  isAnnounced: boolean;
  /** How far the machine's clock is ahead of its timers: it stood still so long. */
  stoodStillMs: number;
}

const change = (world: World, to: Partial<World>) => (): void => {
  Object.assign(world, to);
};

function inWorld(
  start: Partial<World>,
  first: Script['start'],
  steps: (world: World) => readonly Step[],
  input: (world: World, clock: VirtualClock, journal: string[]) => unknown,
): Script {
  const world: World = {
    isConnected: true,
    phase: 'starting',
    isAnnounced: false,
    stoodStillMs: 0,
    ...start,
  };
  return {
    start: first,
    steps: steps(world),
    input: (clock, journal) => input(world, clock, journal),
  };
}

const tellTo = (journal: string[]) => (name: string, told: { type: string; mode?: string }) => {
  const mode = told.mode === undefined ? '' : `(${told.mode})`;
  journal.push(`${name}!${told.type}${mode}`);
  return true;
};

const pruner = (
  start: Partial<World>,
  first: Script['start'],
  steps: (world: World) => readonly Step[],
  isSuspendedWithoutNats = true,
): Script =>
  inWorld(start, first, steps, (world, clock) => ({
    nowMs: () => clock.nowMs() + world.stoodStillMs,
    isBusConnected: () => world.isConnected,
    isSuspendedWithoutNats,
    pruneIntervalMs: INTERVAL_MS,
  }));

const swept = event('SWEPT', { removedEndpoints: 2 });
const WAITING = ['waiting', 'READY'] as const;

export const PRUNER_SCRIPTS: Readonly<Record<string, Script>> = {
  'sweeps at every interval, counted from the end of the sweep': pruner({}, WAITING, () => [
    [INTERVAL_MS - 1, 'waiting', ''],
    [1, 'sweeping', '+sweep'],
    [1000, 'sweeping', ''],
    [swept, 'waiting', '-sweep'],
    [INTERVAL_MS - 1, 'waiting', ''],
    [1, 'sweeping', '+sweep'],
    [shutdown('fast'), 'ended', '-sweep ENDED'],
  ]),
  'freshens for an interval instead of sweeping when its tick is late by more than half of it':
    pruner({}, WAITING, (world) => [
      [change(world, { stoodStillMs: INTERVAL_MS / 2 + 1 }), 'waiting', ''],
      [INTERVAL_MS, 'freshening', 'logLate freshenAll'],
      [INTERVAL_MS, 'waiting', 'freshenAll'],
      [INTERVAL_MS, 'sweeping', '+sweep'],
    ]),
  'sweeps when its tick is late by half an interval': pruner({}, WAITING, (world) => [
    [change(world, { stoodStillMs: INTERVAL_MS / 2 }), 'waiting', ''],
    [INTERVAL_MS, 'sweeping', '+sweep'],
  ]),
  'suspends without NATS, and freshens when it is back': pruner({}, WAITING, (world) => [
    [connected, 'waiting', ''],
    [lost, 'suspended', 'logSuspended'],
    [lost, 'suspended', ''],
    [change(world, { isConnected: false }), 'suspended', ''],
    [INTERVAL_MS, 'suspended', 'logSuspended'],
    [change(world, { isConnected: true }), 'suspended', ''],
    [connected, 'freshening', 'freshenAll'],
    [INTERVAL_MS, 'waiting', 'freshenAll'],
    [INTERVAL_MS, 'sweeping', '+sweep'],
  ]),
  'stops a sweep that is under way when NATS goes': pruner({}, WAITING, () => [
    [INTERVAL_MS, 'sweeping', '+sweep'],
    [lost, 'suspended', 'logSuspended -sweep'],
    [swept, 'suspended', ''],
    [shutdown('drain'), 'ended', 'ENDED'],
  ]),
  'freshens each time when NATS comes and goes': pruner({}, WAITING, () => [
    [lost, 'suspended', 'logSuspended'],
    [connected, 'freshening', 'freshenAll'],
    [lost, 'suspended', 'logSuspended'],
    [connected, 'freshening', 'freshenAll'],
    [INTERVAL_MS - 1, 'freshening', ''],
    [1, 'waiting', 'freshenAll'],
  ]),
  'looks for itself whether NATS is there, at start and at each tick': pruner(
    { isConnected: false },
    ['suspended', 'logSuspended READY'],
    (world) => [
      [change(world, { isConnected: true }), 'suspended', ''],
      [connected, 'freshening', 'freshenAll'],
      [INTERVAL_MS, 'waiting', 'freshenAll'],
      [change(world, { isConnected: false }), 'waiting', ''],
      [INTERVAL_MS, 'suspended', 'logSuspended'],
    ],
  ),
  'goes on sweeping without NATS when it is not told to suspend': pruner(
    { isConnected: false },
    WAITING,
    (world) => [
      [lost, 'waiting', ''],
      [INTERVAL_MS, 'sweeping', '+sweep'],
      [lost, 'sweeping', ''],
      [swept, 'waiting', '-sweep'],
      [change(world, { stoodStillMs: INTERVAL_MS }), 'waiting', ''],
      [INTERVAL_MS, 'freshening', 'logLate freshenAll'],
      [lost, 'freshening', ''],
      [INTERVAL_MS, 'waiting', 'freshenAll'],
      [INTERVAL_MS, 'sweeping', '+sweep'],
      [failed, 'sweeping', 'crash CRASHED'],
    ],
    false,
  ),
};

const lifecycle = (
  start: Partial<World>,
  first: Script['start'],
  steps: (world: World) => readonly Step[],
): Script =>
  inWorld(start, first, steps, (world, _clock, journal) => ({
    tell: tellTo(journal),
    proxyName: 'proxy',
    phase: () => world.phase,
    isAnnounced: () => world.isAnnounced,
    setPhase: (phase: string) => {
      world.phase = phase;
      journal.push(`phase=${phase}`);
    },
    startResponseDelayMs: 5000,
    drainWaitMs: 20_000,
    drainTimeoutMs: 60_000,
  }));

const attached = event('REGISTRAR_ATTACHED');
const proxyListening = event('PROXY_LISTENING');
const proxyClosed = event('PROXY_CLOSED');
const SERVING = ['serving', 'markServing phase=serving READY'] as const;
const DRAINING = 'markDraining phase=draining logDraining';

export const ROUTER_SCRIPTS: Readonly<Record<string, Script>> = {
  'opens the port when the table had its time to fill': lifecycle({}, ['warming', ''], () => [
    [attached, 'filling', ''],
    [attached, 'filling', ''],
    [4999, 'filling', ''],
    [1, 'opening', 'openProxy proxy!OPEN'],
    [500, 'opening', 'openProxy proxy!OPEN'],
    [proxyListening, 'serving', 'logStarted markServing phase=serving READY'],
    [attached, 'serving', ''],
  ]),
  'does not wait for an announcement that was made before': lifecycle(
    { isAnnounced: true },
    ['filling', ''],
    () => [[5000, 'opening', 'openProxy proxy!OPEN']],
  ),
  'drains: serves on for a while, then closes and waits for the proxy': lifecycle(
    { phase: 'serving' },
    SERVING,
    () => [
      [shutdown('drain'), 'degraded', DRAINING],
      [shutdown('fast'), 'degraded', ''],
      [19_999, 'degraded', ''],
      [1, 'closing', 'closeProxy proxy!CLOSE(drain)'],
      [shutdown('fast'), 'closing', ''],
      [proxyClosed, 'stopped', 'ENDED'],
    ],
  ),
  'gives up on a proxy that does not close': lifecycle({ phase: 'serving' }, SERVING, () => [
    [shutdown('drain'), 'degraded', DRAINING],
    [20_000, 'closing', 'closeProxy proxy!CLOSE(drain)'],
    [61_999, 'closing', ''],
    [1, 'stopped', 'logDrainTimedOut ENDED'],
  ]),
  'closes at once when told to be fast': lifecycle({ phase: 'serving' }, SERVING, () => [
    [shutdown('fast'), 'closing', `${DRAINING} closeProxy proxy!CLOSE(fast)`],
    [proxyClosed, 'stopped', 'ENDED'],
  ]),
  'goes on serving after a crash, without opening again': lifecycle(
    { phase: 'serving', isAnnounced: true },
    SERVING,
    () => [[proxyListening, 'serving', '']],
  ),
  'ends before it ever served': lifecycle({}, ['warming', ''], () => [
    [shutdown('fast'), 'closing', `${DRAINING} closeProxy proxy!CLOSE(fast)`],
    [62_000, 'stopped', 'logDrainTimedOut ENDED'],
  ]),
};

const proxy = (phase: string, first: Script['start'], steps: readonly Step[]): Script =>
  inWorld(
    { phase },
    first,
    () => steps,
    (world, _clock, journal) => ({
      tell: tellTo(journal),
      routerName: 'router',
      phase: () => world.phase,
      drainTimeoutMs: 60_000,
    }),
  );

const open = event('OPEN');
const listening = event('LISTENING', { port: 8080 });
const close = (mode: 'drain' | 'fast'): Happening => event('CLOSE', { mode });
const drained = event('DRAINED');
const BEGIN: readonly Step[] = [
  [open, 'open.opening', '+listener'],
  [listening, 'open.serving', 'reportListening router!PROXY_LISTENING READY'],
];

export const PROXY_SCRIPTS: Readonly<Record<string, Script>> = {
  'opens when told, and drains': proxy(
    'starting',
    ['waiting', 'READY'],
    [
      ...BEGIN,
      [open, 'open.serving', 'reportListening router!PROXY_LISTENING'],
      [close('drain'), 'open.draining', '+drain'],
      [drained, 'closed', 'reportClosed router!PROXY_CLOSED -drain -listener'],
      [open, 'closed', ''],
      [shutdown('drain'), 'ended', 'ENDED'],
    ],
  ),
  'cuts what is left when draining takes too long': proxy(
    'starting',
    ['waiting', 'READY'],
    [
      ...BEGIN,
      [close('drain'), 'open.draining', '+drain'],
      [59_999, 'open.draining', ''],
      [
        1,
        'closed',
        'logDrainTimedOut cutConnections reportClosed router!PROXY_CLOSED -drain -listener',
      ],
    ],
  ),
  'cuts at once when told to be fast': proxy(
    'starting',
    ['waiting', 'READY'],
    [
      ...BEGIN,
      [close('fast'), 'closed', 'cutConnections reportClosed router!PROXY_CLOSED -listener'],
    ],
  ),
  'stops draining when told to be fast after all': proxy(
    'starting',
    ['waiting', 'READY'],
    [
      ...BEGIN,
      [close('drain'), 'open.draining', '+drain'],
      [close('fast'), 'closed', 'cutConnections reportClosed router!PROXY_CLOSED -drain -listener'],
    ],
  ),
  'opens again at once after a crash': proxy(
    'serving',
    ['open.opening', '+listener'],
    [
      [listening, 'open.serving', 'reportListening router!PROXY_LISTENING READY'],
      [failed, 'open.serving', 'crash CRASHED'],
    ],
  ),
  'stays closed after a crash while draining': proxy(
    'draining',
    ['waiting', 'READY'],
    [[close('drain'), 'closed', 'reportClosed router!PROXY_CLOSED']],
  ),
  'ends from waiting': proxy(
    'starting',
    ['waiting', 'READY'],
    [[shutdown('fast'), 'ended', 'ENDED']],
  ),
  'ends while open': proxy(
    'starting',
    ['waiting', 'READY'],
    [...BEGIN, [shutdown('fast'), 'ended', 'cutConnections -listener ENDED']],
  ),
};
