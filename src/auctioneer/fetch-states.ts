/** Asks the BBS for the cells, and every cell for its state (diego.md §13.2, steps 2 and 3). */
import { type CellPresence, CellsResponse } from '../model/bbs/messages/cells.ts';
import { Nothing } from '../model/bbs/messages/common.ts';
import { forEach } from './for-each.ts';
import { AUCTIONEER_LIMITS } from './options.ts';
import { parseCellState } from './schedule/cell-state.ts';
import type { AuctioneerState, FetchedCell } from './state.ts';

/** Undefined: the BBS did not answer; the reason is in the log. */
export async function fetchPresences({
  bbs,
  ports: { log },
}: AuctioneerState): Promise<readonly CellPresence[] | undefined> {
  log.debug('auctioneer.auction.fetching-cell-reps');
  const answer = await bbs.invoke('/v1/cells/list.r1', Nothing, CellsResponse, {});
  const refusal = answer.ok ? answer.value.error?.message : answer.message;
  if (!answer.ok || refusal !== undefined) {
    log.error('auctioneer.auction.failed-to-fetch-cell-reps', { error: refusal });
    return undefined;
  }
  const { cells } = answer.value;
  log.debug('auctioneer.auction.fetched-cell-reps', { 'cell-reps-count': cells.length });
  if (cells.length <= AUCTIONEER_LIMITS.cells) return cells;
  log.error('auctioneer.auction.too-many-cells', { cells: cells.length });
  return cells.slice(0, AUCTIONEER_LIMITS.cells);
}

/** Today's cells have an address by name for TLS; those of 2015 only the other one. */
const repUrlOf = ({ rep_url, rep_address }: CellPresence): string =>
  (rep_url === '' ? rep_address : rep_url).replace(/\/+$/, '');

type Outcome = FetchedCell | 'evacuating' | 'failed';

async function fetchState(state: AuctioneerState, presence: CellPresence): Promise<Outcome> {
  const { log } = state.ports;
  const repUrl = repUrlOf(presence);
  const cell = presence.cell_id;
  const fail = (error: string): Outcome => {
    log.error('auctioneer.auction.failed-to-get-state', { 'cell-guid': cell, error });
    return 'failed';
  };
  const result = await state.states.call('GET', `${repUrl}/state`, undefined);
  if (!result.ok) return fail(result.message);
  if (result.status !== 200) return fail(`answered with ${result.status}`);
  const own = parseCellState(result.body.toString('utf8'));
  if (own === undefined) return fail('the answer cannot be read');
  // Another cell may have taken the address. Cells of 2015 do not say who they are.
  if (own.cellId !== '' && own.cellId !== cell) return fail(`another cell: ${own.cellId}`);
  return own.isEvacuating ? 'evacuating' : { state: own, repUrl };
}

/** The states of all cells that answer and stay; while none answers it asks again. */
export async function fetchStates(
  state: AuctioneerState,
  presences: readonly CellPresence[],
): Promise<readonly FetchedCell[]> {
  const { clock, log } = state.ports;
  const startedMs = clock.nowMs();
  log.debug('auctioneer.auction.fetching-zone-state');
  let cells: FetchedCell[] = [];
  let failed = 0;
  for (let attempt = 1; attempt <= AUCTIONEER_LIMITS.stateAttempts; attempt += 1) {
    const outcomes = new Map<CellPresence, Outcome>();
    await forEach(presences, AUCTIONEER_LIMITS.cellCalls, async (presence) => {
      outcomes.set(presence, await fetchState(state, presence));
    });
    // In the order of the BBS, not in that of the answers: equal scores go to the first.
    const ordered = presences.map((presence) => outcomes.get(presence) ?? 'failed');
    cells = ordered.filter((outcome) => typeof outcome === 'object');
    failed = ordered.filter((outcome) => outcome === 'failed').length;
    state.counts.failedCellStateRequests += failed;
    if (failed < presences.length || presences.length === 0) break;
  }
  const zones = Map.groupBy(cells, ({ state: { zone } }) => zone);
  for (const [zone, own] of zones) {
    log.debug('auctioneer.auction.zone-state', { zone, 'cell-count': own.length });
  }
  log.debug('auctioneer.auction.fetched-zone-state', {
    'cell-state-count': cells.length,
    'num-failed-requests': failed,
    duration: clock.nowMs() - startedMs,
  });
  return cells;
}
