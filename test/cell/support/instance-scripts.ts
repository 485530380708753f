/** The life of a container, step by step; played by test/machines. */
import type { Happening, Script, Step } from '../../machines/run-script.ts';

const event = (type: string, more: object = {}): Happening => ({ type, ...more });

const RESERVED_MS = 60_000;
const START_MS = 5000;

const life = (...steps: Step[]): Script => ({
  start: ['reserved', ''],
  steps,
  input: () => ({ reservedTimeoutMs: RESERVED_MS, durationText: (ms: number) => `${ms}ms` }),
});

const runRequested = (hasMonitor: boolean, startTimeoutMs = 0): Happening =>
  event('RUN_REQUESTED', { isUnmonitored: !hasMonitor, startTimeoutMs, hasReadiness: false });
const created = event('CONTAINER_CREATED', { ports: [] });
const notCreated = event('CREATION_FAILED', { reason: 'no ports', isRetryable: true });
const started = event('ACTION_STARTED');
const ended = (isFailed: boolean): Happening => event('ACTION_ENDED', { isFailed, reason: 'x' });
const passed = event('CHECK_PASSED');
const unwell = event('CHECK_FAILED', { reason: 'refused' });
const ready = event('READINESS_CHANGED', { isRoutable: false });
const limit = event('LIMIT_EXCEEDED', { reason: 'too much' });
const stop = event('STOP_REQUESTED');
const remove = event('REMOVE_REQUESTED');
const gone = event('PROCESSES_GONE');
const removed = event('CONTAINER_REMOVED');
const shutdown = event('SHUTDOWN', { mode: 'drain' });
const failed = event('RESOURCE_FAILED', { error: new Error('broken') });

const [CREATED, OCCUPIED] = ['-creation +program +limits', '-program -limits'];
const begin = (hasMonitor: boolean, startTimeoutMs = 0): Step[] => [
  [runRequested(hasMonitor, startTimeoutMs), 'initializing', '+creation'],
  [created, 'occupied.settingUp', CREATED],
];
const CHECKED: Step = [started, 'occupied.starting', '+startupCheck'];
const RUNNING: Step = [started, 'occupied.running', '+livenessCheck'];
const HEALTHY: Step = [passed, 'occupied.running', '-startupCheck +livenessCheck'];
const COMPLETED: Step = [gone, 'completed', '-termination'];
const STOPPED: Step = [gone, 'completed', '-termination -program -limits'];

export const INSTANCE_SCRIPTS: Readonly<Record<string, Script>> = {
  'runs without monitor until it ends': life(
    ...begin(false),
    RUNNING,
    [started, 'occupied.running', ''],
    [ended(false), 'killing', `-livenessCheck ${OCCUPIED} +termination`],
    [ended(false), 'killing', ''],
    [stop, 'killing', ''],
    COMPLETED,
    [stop, 'completed', ''],
    [remove, 'removing', '+removal'],
    [remove, 'removing', ''],
    [shutdown, 'removing', ''],
    [removed, 'removed', '-removal ENDED'],
  ),
  'runs with monitor, in the background, until it is not well': life(
    ...begin(true),
    CHECKED,
    [unwell, 'occupied.starting', ''],
    [ended(false), 'occupied.starting', ''],
    [1_000_000, 'occupied.starting', ''],
    HEALTHY,
    [ready, 'occupied.running', ''],
    [ended(false), 'occupied.running', ''],
    [unwell, 'occupied.stopping', '-livenessCheck +termination'],
    [unwell, 'occupied.stopping', ''],
    [ended(true), 'occupied.stopping', ''],
    STOPPED,
    [shutdown, 'removing', '+removal'],
    [removed, 'removed', '-removal ENDED'],
  ),
  'has a time to start': life(
    ...begin(true, START_MS),
    CHECKED,
    [START_MS - 1, 'occupied.starting', ''],
    [1, 'occupied.stopping', '-startupCheck +termination'],
    STOPPED,
  ),
  'has more time when it is well': life(...begin(true, START_MS), CHECKED, HEALTHY, [
    10 * START_MS,
    'occupied.running',
    '',
  ]),
  'is stopped gently, and at once when it is above a limit then': life(
    ...begin(false),
    RUNNING,
    [stop, 'occupied.stopping', '-livenessCheck +termination'],
    [stop, 'occupied.stopping', ''],
    [limit, 'killing', `-termination ${OCCUPIED} +termination`],
    COMPLETED,
  ),
  'fails in its setup': life(...begin(true), [ended(true), 'killing', `${OCCUPIED} +termination`]),
  'is killed above a limit': life(...begin(true), CHECKED, [
    limit,
    'killing',
    `-startupCheck ${OCCUPIED} +termination`,
  ]),
  'cannot be made': life(
    [runRequested(false), 'initializing', '+creation'],
    [notCreated, 'killing', '-creation +termination'],
    COMPLETED,
  ),
  'is stopped while it is made': life(
    [runRequested(false), 'initializing', '+creation'],
    [stop, 'killing', '-creation +termination'],
    [remove, 'removing', '-termination +removal'],
  ),
  'is stopped before it is run': life([stop, 'completed', '']),
  'expires when nobody runs it': life(
    [RESERVED_MS - 1, 'reserved', ''],
    [1, 'completed', ''],
    [runRequested(false), 'completed', ''],
  ),
  'crashes with a resource': life(...begin(false), [failed, 'occupied.settingUp', 'crash CRASHED']),
};
