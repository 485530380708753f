/** What the auctioneer's machine does, step by step; every transition is taken. */
import type { Happening, Script, Step } from '../machines/run-script.ts';

const event = (type: string, more: object = {}): Happening => ({ type, ...more });
const shutdown = event('SHUTDOWN', { mode: 'drain' });
const failed = event('RESOURCE_FAILED', { error: new Error('broken') });
const listening = event('AUCTIONEER_LISTENING', { port: 1 });
const lrps = event('LRP_AUCTION_REQUESTED', { requests: [] });
const tasks = event('TASK_AUCTION_REQUESTED', { requests: [] });
const scheduled = (placed: number, unplaced: number) =>
  event('AUCTIONS_SCHEDULED', { placed, failed: unplaced });

const OPEN = 'candidate.working.open';

/** `waiting`: how many auctions wait, call by call; the last number stays. */
const auctioneer = (waiting: number[], ...steps: Step[]): Script => {
  const left = [...waiting];
  return {
    start: ['candidate.waiting', '+lock'],
    steps,
    input: () => ({
      waiting: () => (left.length > 1 ? (left.shift() ?? 0) : (left[0] ?? 0)),
      retryPauseMs: 1000,
    }),
  };
};

const ACQUIRED: Step = [event('LOCK_ACQUIRED'), 'candidate.working.opening', '+server'];
const IDLE: Step = [listening, `${OPEN}.idle`, 'READY'];
const BUSY: Step = [listening, `${OPEN}.fetchingCells`, 'READY +fetchCells'];

export const AUCTIONEER_SCRIPTS: Readonly<Record<string, Script>> = {
  'waits for the lock, and takes requests meanwhile': auctioneer(
    [0],
    [lrps, 'candidate.waiting', 'acceptLrps'],
    [tasks, 'candidate.waiting', 'acceptTasks'],
    ACQUIRED,
    IDLE,
    [shutdown, 'ended', '-server -lock ENDED'],
  ),
  'does one auction after the other': auctioneer(
    [1],
    ACQUIRED,
    BUSY,
    [lrps, `${OPEN}.fetchingCells`, 'acceptLrps'],
    [event('CELLS_FETCHED', { cells: 1 }), `${OPEN}.fetchingStates`, '-fetchCells +fetchStates'],
    [event('STATES_FETCHED', { cells: 1 }), `${OPEN}.scheduling`, '-fetchStates +schedule'],
    [scheduled(1, 0), `${OPEN}.committing`, '-schedule +commit'],
    [tasks, `${OPEN}.committing`, 'acceptTasks'],
    [event('WORK_COMMITTED', { refused: 0 }), `${OPEN}.reporting`, '-commit +report'],
    [event('FAILURES_REPORTED'), `${OPEN}.fetchingCells`, '-report +fetchCells'],
  ),
  'pauses when the BBS does not answer': auctioneer(
    [1],
    ACQUIRED,
    BUSY,
    [event('CELLS_NOT_FETCHED'), `${OPEN}.pausing`, '-fetchCells'],
    [999, `${OPEN}.pausing`, ''],
    [1, `${OPEN}.fetchingCells`, '+fetchCells'],
    [shutdown, 'ended', '-fetchCells -server -lock ENDED'],
  ),
  'starts over when nothing was left to place': auctioneer(
    [1, 0],
    ACQUIRED,
    BUSY,
    [event('CELLS_FETCHED', { cells: 0 }), `${OPEN}.fetchingStates`, '-fetchCells +fetchStates'],
    [event('STATES_FETCHED', { cells: 0 }), `${OPEN}.scheduling`, '-fetchStates +schedule'],
    [scheduled(0, 0), `${OPEN}.idle`, '-schedule'],
    [event('CELLS_FETCHED'), `${OPEN}.idle`, ''],
  ),
  'closes its port, and ends an auction, when another has the lock': auctioneer(
    [1],
    ACQUIRED,
    BUSY,
    [event('LOCK_LOST'), 'candidate.waiting', '-fetchCells -server'],
    [event('LOCK_LOST'), 'candidate.waiting', ''],
    ACQUIRED,
    BUSY,
  ),
  'crashes with what it holds open': auctioneer([0], ACQUIRED, IDLE, [
    failed,
    `${OPEN}.idle`,
    'crash CRASHED',
  ]),
};
