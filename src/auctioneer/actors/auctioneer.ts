/** The effects of the auctioneer: its lock, its port, and the steps of an auction. */
import type { AuctioneerEvent } from '../../../machines/auctioneer/auctioneer.events.ts';
import { auctioneerMachine } from '../../../machines/auctioneer/auctioneer.machine.ts';
import { createLocketClient } from '../../clients/locket-client.ts';
import { listen } from '../../kernel/listen.ts';
import { type ResourceScope, resource } from '../../kernel/resource.ts';
import { createAuctionServer } from '../auction-server.ts';
import { commitWork, reportFailures } from '../commit-work.ts';
import { fetchPresences, fetchStates } from '../fetch-states.ts';
import { AUCTIONEER_LIMITS } from '../options.ts';
import {
  lrpIdentifier,
  type Parsed,
  parseLrpRequests,
  parseTaskRequests,
} from '../schedule/auction-request.ts';
import { CellCopy } from '../schedule/cell-copy.ts';
import { type Placed, Scheduler } from '../schedule/scheduler.ts';
import type { Auction, AuctioneerState } from '../state.ts';

type NoInput = Record<string, never>;
type Scope = ResourceScope<AuctioneerEvent>;

/** A step that ends with one event; after the state was left nobody hears of it. */
const step = (run: (scope: Scope) => Promise<AuctioneerEvent>) =>
  resource<AuctioneerEvent, NoInput>((_input, scope) => {
    run(scope).then(
      (event) => scope.send(event),
      (error: unknown) => scope.fail(error),
    );
    return () => {};
  });

const LOCK_KEY = 'auctioneer';
const OWNER_BYTES = 8;

/** Without rivals the lock is always had. */
function lockOf({ options: { lock }, ports }: AuctioneerState) {
  return resource<AuctioneerEvent, NoInput>((_input, scope) => {
    if (lock === undefined) {
      scope.send({ type: 'LOCK_ACQUIRED' });
      return () => {};
    }
    const { clock, log, random } = ports;
    const { address, tls, ttlMs, retryMs } = lock;
    const owner = lock.owner === '' ? random.hex(OWNER_BYTES) : lock.owner;
    const client = createLocketClient({ clock, address, tls, ttlMs, retryMs });
    const kept = client.keep(
      { key: LOCK_KEY, owner, type: 'lock', type_code: 1 },
      {
        onAcquired: scope.guard(() => {
          log.info('auctioneer.lock.acquired-lock', { owner });
          scope.send({ type: 'LOCK_ACQUIRED' });
        }),
        onLost: ({ text }) => {
          log.error('auctioneer.lock.lost-lock', { owner, error: text });
          scope.send({ type: 'LOCK_LOST' });
        },
      },
    );
    return () => {
      void kept.release().then(() => client.close());
    };
  });
}

const serverOf = ({ options }: AuctioneerState) =>
  resource<AuctioneerEvent, NoInput>((_input, scope) => {
    const { host, port, tls } = options;
    const server = createAuctionServer({
      tls,
      guard: (fn) => scope.guard(fn),
      accept: (type, requests) => scope.send({ type, requests }),
    });
    const advice = 'stop the other program, or set auctioneer.port';
    return listen(server, { what: 'auctioneer', host, port, advice }, scope, (bound) =>
      scope.send({ type: 'AUCTIONEER_LISTENING', port: bound }),
    );
  });

/** Says in the log who goes where, for an operator who greps for a guid. */
const logPlaced =
  ({ ports: { log } }: AuctioneerState): Placed =>
  (placed, { state: { cellId } }) => {
    if (placed.kind === 'lrp') {
      const guid = lrpIdentifier(placed.lrp);
      log.info('auctioneer.auction.lrp-added-to-cell', { 'lrp-guid': guid, 'cell-guid': cellId });
    } else {
      const guid = placed.task.taskGuid;
      log.info('auctioneer.auction.task-added-to-cell', { 'task-guid': guid, 'cell-guid': cellId });
    }
  };

function createScheduler(state: AuctioneerState, auction: Auction): Scheduler {
  const { options, ports, waiting, counts } = state;
  const cells = auction.cells.map((cell) => new CellCopy(cell.state, cell.repUrl, options));
  ports.log.debug('auctioneer.auction.fetching-auctions');
  const batch = waiting.drain();
  const sums = {
    'lrp-start-auctions': batch.lrps.length,
    'task-auctions': batch.tasks.length,
  };
  counts.lrpAuctionsStarted += batch.lrps.length;
  counts.taskAuctionsStarted += batch.tasks.length;
  ports.log.debug('auctioneer.auction.fetched-auctions', sums);
  const isEmpty = batch.lrps.length + batch.tasks.length === 0;
  ports.log.debug(
    isEmpty ? 'auctioneer.auction.nothing-to-auction' : 'auctioneer.auction.scheduling',
  );
  return new Scheduler(cells, batch, options, logPlaced(state));
}

/** In slices, so that a large auction does not hold up the rest of the node. */
const scheduleOf = (state: AuctioneerState, auction: Auction) =>
  resource<AuctioneerEvent, NoInput>((_input, scope) => {
    const { clock, log } = state.ports;
    const scheduler = createScheduler(state, auction);
    auction.scheduler = scheduler;
    let isOpen = true;
    const slice = scope.guard(() => {
      if (!isOpen) return;
      const endMs = clock.nowMs() + AUCTIONEER_LIMITS.sliceMs;
      while (scheduler.step()) {
        if (clock.nowMs() < endMs) continue;
        clock.defer(slice);
        return;
      }
      const { placed, failed } = scheduler;
      log.info('auctioneer.auction.scheduled', { placed, failed });
      scope.send({ type: 'AUCTIONS_SCHEDULED', placed, failed });
    });
    clock.defer(slice);
    return () => {
      isOpen = false;
    };
  });

/** Takes what is valid into the next batch (diego.md §13.1). */
function accept<T>(
  state: AuctioneerState,
  { auctions, problems }: Parsed<T>,
  add: (auctions: readonly T[]) => number,
): void {
  const { log } = state.ports;
  for (const error of problems) log.error('auctioneer.start-validate-failed', { error });
  const dropped = add(auctions);
  if (dropped === 0) return;
  state.counts.dropped += dropped;
  log.error('auctioneer.queue-full', { dropped });
}

export function auctioneerLogic(state: AuctioneerState) {
  const auction: Auction = { presences: [], cells: [], scheduler: undefined };
  const scheduled = (): Scheduler => {
    if (auction.scheduler === undefined) throw new Error('nothing was scheduled');
    return auction.scheduler;
  };
  const fetchCells = step(async () => {
    const presences = await fetchPresences(state);
    if (presences === undefined) return { type: 'CELLS_NOT_FETCHED' };
    auction.presences = presences;
    return { type: 'CELLS_FETCHED', cells: presences.length };
  });
  const fetchAll = step(async () => {
    auction.cells = await fetchStates(state, auction.presences);
    return { type: 'STATES_FETCHED', cells: auction.cells.length };
  });
  const commit = step(async () => ({
    type: 'WORK_COMMITTED',
    refused: await commitWork(state, scheduled()),
  }));
  const report = step(async () => {
    const own = scheduled();
    await reportFailures(state, own);
    // After a lost lock a late end must not take away what the next auction works with.
    if (auction.scheduler === own) auction.scheduler = undefined;
    return { type: 'FAILURES_REPORTED' };
  });
  return auctioneerMachine.provide({
    actors: {
      lock: lockOf(state),
      server: serverOf(state),
      fetchCells,
      fetchStates: fetchAll,
      schedule: scheduleOf(state, auction),
      commit,
      report,
    },
    actions: {
      acceptLrps: ({ event }) => {
        if (event.type !== 'LRP_AUCTION_REQUESTED') return;
        accept(state, parseLrpRequests(event.requests), state.waiting.addLrps);
      },
      acceptTasks: ({ event }) => {
        if (event.type !== 'TASK_AUCTION_REQUESTED') return;
        accept(state, parseTaskRequests(event.requests), state.waiting.addTasks);
      },
    },
  });
}
