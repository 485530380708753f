import type { Happening, Script, Step } from './run-script.ts';

const event = (type: string, more: object = {}): Happening => ({ type, ...more });
const drain = event('SHUTDOWN', { mode: 'drain' });
const fast = event('SHUTDOWN', { mode: 'fast' });
const failed = event('RESOURCE_FAILED', { error: new Error('broken') });

const cell = (isEvacuating: boolean, ...steps: Step[]): Script => ({
  start: ['reaping', '+leftovers'],
  steps,
  input: () => ({ isEvacuating: () => isEvacuating }),
});

const REAPED: Step = [
  event('LEFTOVERS_REAPED', { processes: 1, directories: 1 }),
  'open.opening',
  'logLeftovers -leftovers +server +watcher',
];
const LISTENING: Step = [
  event('CELL_LISTENING', { port: 1 }),
  'open.announced.serving',
  'READY +presence +reconciler',
];
const REMOVED = event('CONTAINERS_REMOVED');

const CELL: Readonly<Record<string, Script>> = {
  'announces itself when its port is open, and stops its containers at the end': cell(
    false,
    REAPED,
    LISTENING,
    [event('PRESENCE_ACQUIRED'), 'open.announced.serving', 'logPresence'],
    [event('PRESENCE_LOST', { reason: 'taken' }), 'open.announced.serving', 'logPresence'],
    [drain, 'open.announced.stopping', 'markStopping -reconciler +removal'],
    [fast, 'open.announced.stopping', ''],
    [REMOVED, 'ended', '-removal -presence -server -watcher ENDED'],
  ),
  evacuates: cell(
    false,
    REAPED,
    LISTENING,
    [event('EVACUATION_STARTED'), 'open.announced.evacuating', '-reconciler +reconciler'],
    [event('EVACUATION_ENDED'), 'open.announced.evacuated', 'reportEvacuated -reconciler'],
    [drain, 'open.announced.stopping', 'markStopping +removal'],
  ),
  'goes on with an evacuation after a crash': cell(true, REAPED, [
    event('CELL_LISTENING', { port: 1 }),
    'open.announced.evacuating',
    'READY +presence +reconciler',
  ]),
  'stops what a crashed one left, when it never came to listen': cell(
    false,
    REAPED,
    [drain, 'removing', 'markStopping -server -watcher +removal'],
    [fast, 'removing', ''],
    [REMOVED, 'ended', '-removal ENDED'],
  ),
  'ends while it still reaps': cell(false, [drain, 'ended', '-leftovers ENDED']),
  'crashes with a resource': cell(false, REAPED, [failed, 'open.opening', 'crash CRASHED']),
};

const evacuation = (isEvacuating: boolean, start: Script['start'], ...steps: Step[]): Script => ({
  start,
  steps,
  input: (_clock, journal) => ({
    tell: (name: string, told: { type: string }) => {
      journal.push(`${name}!${told.type}`);
      return true;
    },
    cellName: 'cell',
    isEvacuating: () => isEvacuating,
    evacuationTimeoutMs: 600_000,
    lookTimeoutMs: 5000,
  }),
});

const WAITING: Script['start'] = ['waiting', 'READY'];
const MARKED = 'markEvacuating reportStarted cell!EVACUATION_STARTED';
const STARTED = `${MARKED} +watch`;
const ENDED = 'reportEnded cell!EVACUATION_ENDED -watch';
const requested = event('EVACUATION_REQUESTED');
const counted = (others: number): Happening => event('CELLS_COUNTED', { others });
const gone = event('CONTAINERS_GONE');

const EVACUATION: Readonly<Record<string, Script>> = {
  'is over when nothing runs any more': evacuation(
    false,
    WAITING,
    [requested, 'evacuating', STARTED],
    [requested, 'evacuating', ''],
    [gone, 'evacuated', ENDED],
    [requested, 'evacuated', ''],
    [drain, 'ended', 'ENDED'],
  ),
  'is over when time is up': evacuation(
    false,
    WAITING,
    [requested, 'evacuating', STARTED],
    [599_999, 'evacuating', ''],
    [1, 'evacuated', 'logTimedOut reportEnded cell!EVACUATION_ENDED -watch'],
  ),
  'goes on after a crash': evacuation(true, ['evacuating', `+watch ${MARKED} READY`]),
  'evacuates before a drain when there is another cell': evacuation(
    false,
    WAITING,
    [drain, 'looking', '+lookout'],
    [drain, 'looking', ''],
    [counted(1), 'evacuating', `${MARKED} -lookout +watch`],
    [gone, 'ended', `${ENDED} ENDED`],
  ),
  'does not evacuate without another cell': evacuation(
    false,
    WAITING,
    [drain, 'looking', '+lookout'],
    [counted(0), 'ended', '-lookout ENDED'],
  ),
  'does not wait for the list of cells for ever': evacuation(
    false,
    WAITING,
    [drain, 'looking', '+lookout'],
    [4999, 'looking', ''],
    [1, 'ended', '-lookout ENDED'],
  ),
  'ends at once when it must, while it waits': evacuation(false, WAITING, [fast, 'ended', 'ENDED']),
  'ends at once when it must, while it looks': evacuation(
    false,
    WAITING,
    [drain, 'looking', '+lookout'],
    [fast, 'ended', '-lookout ENDED'],
  ),
  'ends at once when it must, while it evacuates': evacuation(
    false,
    WAITING,
    [requested, 'evacuating', STARTED],
    [fast, 'ended', '-watch ENDED'],
  ),
  'ends a drain that began during the evacuation': evacuation(
    false,
    WAITING,
    [requested, 'evacuating', STARTED],
    [drain, 'looking', '-watch +lookout'],
    [counted(1), 'evacuating', `${MARKED} -lookout +watch`],
    [gone, 'ended', `${ENDED} ENDED`],
  ),
  'does not hold up a drain when there is nowhere to go': evacuation(
    false,
    WAITING,
    [requested, 'evacuating', STARTED],
    [drain, 'looking', '-watch +lookout'],
    [counted(0), 'ended', '-lookout ENDED'],
  ),
  'crashes with a resource': evacuation(false, WAITING, [failed, 'waiting', 'crash CRASHED']),
};

export const CELL_SCRIPTS: Readonly<Record<string, Readonly<Record<string, Script>>>> = {
  cell: CELL,
  'cell-evacuation': EVACUATION,
};
