import type { Happening, Script, Step } from '../../machines/run-script.ts';

const event = (type: string, more: object = {}): Happening => ({ type, ...more });
const shutdown = event('SHUTDOWN', { mode: 'drain' });
const filled = event('THREAD_FILLED');
const listening = event('THREAD_LISTENING', { port: 8080 });
const stopped = event('THREAD_STOPPED');
const open = event('OPEN');
const close = event('CLOSE');

const STOP_MS = 1000;
const REPORT = 'reportListening proxy!LISTENING(8080)';

const worker = (isOpenWanted: boolean, ...steps: Step[]): Script => ({
  start: ['alive.filling', '+thread'],
  steps,
  input: (_clock, journal) => ({
    tell: (name: string, told: { type: string; port: number }) => {
      journal.push(`${name}!${told.type}(${told.port})`);
      return true;
    },
    proxyName: 'proxy',
    isOpenWanted: () => isOpenWanted,
    stopTimeoutMs: STOP_MS,
  }),
});

const SERVING: readonly Step[] = [
  [filled, 'alive.idle', 'READY'],
  [open, 'alive.opening', 'openPort'],
  [listening, 'alive.serving', REPORT],
];

export const WORKER_SCRIPTS: Readonly<Record<string, Script>> = {
  'opens the port when told, and drains': worker(
    false,
    ...SERVING,
    [open, 'alive.serving', REPORT],
    [close, 'alive.draining', 'closePort'],
    [open, 'alive.draining', ''],
    [event('THREAD_DRAINED'), 'alive.drained', ''],
    [shutdown, 'alive.stopping', 'stopThread'],
    [shutdown, 'alive.stopping', ''],
    [stopped, 'ended', '-thread ENDED'],
  ),
  'does not open before it has the table': worker(
    false,
    [open, 'alive.filling', ''],
    [close, 'alive.filling', ''],
    [filled, 'alive.idle', 'READY'],
  ),
  'opens by itself when it comes back to an open port': worker(
    true,
    [filled, 'alive.opening', 'openPort READY'],
    [listening, 'alive.serving', REPORT],
  ),
  'is closed while it opens': worker(
    true,
    [filled, 'alive.opening', 'openPort READY'],
    [close, 'alive.draining', 'closePort'],
  ),
  'does not wait for ever for a thread that does not stop': worker(
    false,
    ...SERVING,
    [shutdown, 'alive.stopping', 'stopThread'],
    [STOP_MS - 1, 'alive.stopping', ''],
    [1, 'ended', '-thread ENDED'],
  ),
  'crashes with its thread': worker(false, ...SERVING, [
    event('RESOURCE_FAILED', { error: new Error('broken') }),
    'alive.serving',
    'crash CRASHED',
  ]),
};
