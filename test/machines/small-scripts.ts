import type { Happening, Script, Step } from './run-script.ts';

const event = (type: string, more: object = {}): Happening => ({ type, ...more });
const shutdown = event('SHUTDOWN', { mode: 'drain' });
const failed = event('RESOURCE_FAILED', { error: new Error('broken') });
const connected = event('NATS_CONNECTED');
const lost = event('NATS_LOST');

const tellTo = (journal: string[]) => (name: string, told: { type: string }) => {
  journal.push(`${name}!${told.type}`);
  return true;
};

const plain = (start: Script['start'], ...steps: Step[]): Script => ({ start, steps });

const client = (...steps: Step[]): Script => ({
  start: ['open.connecting', '+connection tellLost a!NATS_LOST b!NATS_LOST'],
  steps,
  input: (_clock, journal) => ({
    tell: tellTo(journal),
    listeners: ['a', 'b'],
    drainTimeoutMs: 2000,
  }),
});

const opened = event('CONNECTION_OPENED', { server: 'nats:4222' });
const connectionLost = event('CONNECTION_LOST');
const CONNECTED: Step = [
  opened,
  'open.connected',
  'tellConnected a!NATS_CONNECTED b!NATS_CONNECTED READY',
];
const LOST: Step = [
  connectionLost,
  'open.reconnecting',
  'logLost tellLost a!NATS_LOST b!NATS_LOST',
];

const NATS_CLIENT: Readonly<Record<string, Script>> = {
  'tells who listens of every loss and return': client(
    CONNECTED,
    LOST,
    [event('CONNECTION_STILL_LOST'), 'open.reconnecting', 'logStillLost'],
    [opened, 'open.connected', `logReconnected ${CONNECTED[2]}`],
    LOST,
  ),
  drains: client(
    CONNECTED,
    [shutdown, 'open.draining', '+drain'],
    [connectionLost, 'open.draining', ''],
    [event('CONNECTION_DRAINED'), 'closed', '-drain -connection ENDED'],
  ),
  'cuts the connection when draining takes too long': client(
    [shutdown, 'open.draining', '+drain'],
    [1999, 'open.draining', ''],
    [1, 'closed', '-drain -connection ENDED'],
  ),
  'crashes with its connection': client([failed, 'open.connecting', 'crash CRASHED']),
};

/** A server that opens a port, as broker and status have it. */
const serverScripts = (listening: string): Readonly<Record<string, Script>> => ({
  'is ready when it listens': plain(
    ['open.opening', '+server'],
    [event(listening, { port: 1 }), 'open.listening', 'READY'],
    [shutdown, 'closed', '-server ENDED'],
  ),
  'crashes with its server': plain(
    ['open.opening', '+server'],
    [failed, 'open.opening', 'crash CRASHED'],
  ),
});

const registrar = (
  isConnected: boolean,
  intervalMs: number,
  start: Script['start'],
  ...steps: Step[]
): Script => ({
  start,
  steps,
  input: (_clock, journal) => ({
    tell: tellTo(journal),
    routerName: 'router',
    isBusConnected: () => isConnected,
    publishStartMessageIntervalMs: intervalMs,
  }),
});

const ANNOUNCED = 'publishStart reportAttached router!REGISTRAR_ATTACHED';

const REGISTRAR: Readonly<Record<string, Script>> = {
  'announces the router each time that NATS is back': registrar(
    false,
    0,
    ['subscribed.detached', '+subscription READY'],
    [connected, 'subscribed.attached', ANNOUNCED],
    [365 * 24 * 3_600_000, 'subscribed.attached', ''],
    [lost, 'subscribed.detached', ''],
    [connected, 'subscribed.attached', ANNOUNCED],
  ),
  'announces again at every interval, when there is one': registrar(
    true,
    1000,
    ['subscribed.attached', `+subscription ${ANNOUNCED} READY`],
    [1000, 'subscribed.attached', ANNOUNCED],
    [event('BATCH_APPLIED', { counts: { received: 1 } }), 'subscribed.attached', ''],
    [shutdown, 'ended', '-subscription ENDED'],
  ),
  'crashes with its subscription': registrar(
    false,
    0,
    ['subscribed.detached', '+subscription READY'],
    [failed, 'subscribed.detached', 'crash CRASHED'],
  ),
};

const component = (isConnected: boolean, start: Script['start'], ...steps: Step[]): Script => ({
  start,
  steps,
  input: () => ({ isBusConnected: () => isConnected }),
});

const COMPONENT_REGISTRY: Readonly<Record<string, Script>> = {
  'announces once NATS is there': component(
    false,
    ['subscribed.silent', '+responder READY'],
    [lost, 'subscribed.silent', ''],
    [connected, 'subscribed.announced', 'announce'],
    [connected, 'subscribed.announced', ''],
    [shutdown, 'ended', '-responder ENDED'],
  ),
  'announces at once when NATS was there before': component(
    true,
    ['subscribed.announced', '+responder announce READY'],
    [failed, 'subscribed.announced', 'crash CRASHED'],
  ),
};

const routes = (count: number): Happening => event('TABLE_CHANGED', { routes: count });

const table = (count: number, start: Script['start'], ...steps: Step[]): Script => ({
  start,
  steps,
  input: () => ({ routes: () => count }),
});

const ROUTE_TABLE: Readonly<Record<string, Script>> = {
  'knows after a crash that there are routes': table(3, ['filled', 'READY']),
  'tells an empty table from one with routes': table(
    0,
    ['empty', 'READY'],
    [routes(0), 'empty', ''],
    [routes(2), 'filled', ''],
    [routes(1), 'filled', ''],
    [routes(0), 'empty', ''],
    [shutdown, 'ended', 'ENDED'],
  ),
};

export const SMALL_SCRIPTS: Readonly<Record<string, Readonly<Record<string, Script>>>> = {
  'nats-client': NATS_CLIENT,
  'nats-broker': serverScripts('BROKER_LISTENING'),
  status: serverScripts('STATUS_LISTENING'),
  registrar: REGISTRAR,
  'component-registry': COMPONENT_REGISTRY,
  'route-table': ROUTE_TABLE,
};
