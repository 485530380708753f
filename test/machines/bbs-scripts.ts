import type { Happening, Script, Step } from './run-script.ts';

const event = (type: string, more: object = {}): Happening => ({ type, ...more });
const shutdown = event('SHUTDOWN', { mode: 'drain' });
const failed = event('RESOURCE_FAILED', { error: new Error('broken') });

const plain = (start: Script['start'], ...steps: Step[]): Script => ({ start, steps });

/** An actor that opens one resource and tells when it is there. */
const opener = (
  resource: string,
  opened: Happening,
  states: Readonly<Record<'opening' | 'open' | 'ended', string>>,
): Readonly<Record<string, Script>> => ({
  'is ready when its resource is open, and closes it at the end': plain(
    [states.opening, `+${resource}`],
    [opened, states.open, 'READY'],
    [opened, states.open, ''],
    [shutdown, states.ended, `-${resource} ENDED`],
  ),
  'ends while it still opens': plain(
    [states.opening, `+${resource}`],
    [shutdown, states.ended, `-${resource} ENDED`],
  ),
  'crashes with its resource': plain(
    [states.opening, `+${resource}`],
    [opened, states.open, 'READY'],
    [failed, states.open, 'crash CRASHED'],
  ),
});

const loaded = event('IMAGE_LOADED', { records: 3 });
const outdated = event('IMAGE_OUTDATED', { reason: 'compacted' });
const LOADING = ['attached.loading', '+follow'] as const;
const LOADED: Step = [loaded, 'attached.following', 'openRequests READY'];

const IMAGE: Readonly<Record<string, Script>> = {
  'reads everything anew, after a pause, when the watch ended': plain(
    LOADING,
    LOADED,
    [loaded, 'attached.following', ''],
    [outdated, 'pausing', 'closeRequests logOutdated -follow'],
    [outdated, 'pausing', ''],
    [loaded, 'pausing', ''],
    [199, 'pausing', ''],
    [1, 'attached.loading', '+follow'],
    LOADED,
  ),
  'reads anew when the watch ended before it had everything': plain(
    LOADING,
    [outdated, 'pausing', 'logOutdated -follow'],
    [200, 'attached.loading', '+follow'],
  ),
  'answers no requests at its end': plain(LOADING, LOADED, [
    shutdown,
    'ended',
    'closeRequests -follow ENDED',
  ]),
  'ends while it pauses': plain(
    LOADING,
    [outdated, 'pausing', 'logOutdated -follow'],
    [shutdown, 'ended', 'ENDED'],
  ),
  'crashes with its watch': plain(LOADING, [failed, 'attached.loading', 'crash CRASHED']),
};

const INTERVAL_MS = 30_000;
const FIRST_PASS_MS = 2000;
const gained = event('LEADERSHIP_GAINED');
const lost = event('LEADERSHIP_LOST');
const cellLost = event('CELL_LOST');
const passEnded = event('PASS_ENDED');

const convergence = (...steps: Step[]): Script => ({
  start: ['candidate.following', '+candidacy READY'],
  steps,
  input: () => ({ convergeIntervalMs: INTERVAL_MS, firstPassMs: FIRST_PASS_MS }),
});

const LEADS: Step = [gained, 'candidate.waiting', ''];
const PASSES: Step = [FIRST_PASS_MS, 'candidate.converging', '+pass'];

const CONVERGENCE: Readonly<Record<string, Script>> = {
  'passes at every interval, counted from the end of the pass': convergence(
    LEADS,
    [FIRST_PASS_MS - 1, 'candidate.waiting', ''],
    [1, 'candidate.converging', '+pass'],
    [10 * INTERVAL_MS, 'candidate.converging', ''],
    [passEnded, 'candidate.waiting', '-pass'],
    [INTERVAL_MS - 1, 'candidate.waiting', ''],
    [1, 'candidate.converging', '+pass'],
    [shutdown, 'ended', '-pass -candidacy ENDED'],
  ),
  'does nothing until it leads': convergence(
    [10 * INTERVAL_MS, 'candidate.following', ''],
    [cellLost, 'candidate.following', ''],
    [passEnded, 'candidate.following', ''],
    [lost, 'candidate.following', ''],
    [shutdown, 'ended', '-candidacy ENDED'],
  ),
  'passes at once when a cell is lost': convergence(
    LEADS,
    [cellLost, 'candidate.converging', '+pass'],
    [passEnded, 'candidate.waiting', '-pass'],
    [INTERVAL_MS, 'candidate.converging', '+pass'],
  ),
  'passes once more, and no oftener, when cells were lost during a pass': convergence(
    LEADS,
    PASSES,
    [cellLost, 'candidate.converging', ''],
    [cellLost, 'candidate.converging', ''],
    [passEnded, 'candidate.converging', '-pass +pass'],
    [passEnded, 'candidate.waiting', '-pass'],
  ),
  'stops a pass that is under way when another node leads': convergence(
    LEADS,
    PASSES,
    [cellLost, 'candidate.converging', ''],
    [lost, 'candidate.following', '-pass'],
    [INTERVAL_MS, 'candidate.following', ''],
    LEADS,
    PASSES,
    [passEnded, 'candidate.waiting', '-pass'],
    [lost, 'candidate.following', ''],
  ),
  'crashes with its candidacy or its pass': convergence(LEADS, PASSES, [
    failed,
    'candidate.converging',
    'crash CRASHED',
  ]),
};

const port = { opening: 'open.opening', open: 'open.listening', ended: 'closed' } as const;

export const BBS_SCRIPTS: Readonly<Record<string, Readonly<Record<string, Script>>>> = {
  image: IMAGE,
  convergence: CONVERGENCE,
  'bbs-handler': opener('server', event('HANDLER_LISTENING', { port: 1 }), {
    opening: 'open.opening',
    open: 'open.serving',
    ended: 'ended',
  }),
  'store-keeper': opener('store', event('STORE_OPENED'), {
    opening: 'kept.opening',
    open: 'kept.open',
    ended: 'ended',
  }),
  presence: opener('server', event('LOCKET_LISTENING', { port: 1 }), port),
  receptor: opener('server', event('RECEPTOR_LISTENING', { port: 1 }), port),
};
