/** Composes the auctioneer (diego.md §13.1, §13.2). */
import type { AuctioneerInput } from '../../machines/auctioneer/auctioneer.machine.ts';
import type { ChildSpec } from '../../machines/kernel/supervisor.machine.ts';
import { createBbsClient } from '../clients/bbs-client.ts';
import { createHttpCalls } from '../clients/http-calls.ts';
import { auctioneerLogic } from './actors/auctioneer.ts';
import { AUCTIONEER_LIMITS, type AuctioneerOptions } from './options.ts';
import type { AuctioneerPorts, AuctioneerState } from './state.ts';
import { WaitingAuctions } from './waiting-auctions.ts';

/** The name that the BBS of the same node tells its requests to. */
const AUCTIONEER_NAME = 'auctioneer';

const READY_TIMEOUT_MS = 30_000;
const SHUTDOWN_MS = 2000;

function createAuctioneerState(
  options: AuctioneerOptions,
  ports: AuctioneerPorts,
): AuctioneerState {
  const { clock } = ports;
  const { communicationTimeoutMs, cellStateTimeoutMs, repTls } = options;
  return {
    options,
    ports,
    waiting: new WaitingAuctions(),
    counts: {
      lrpAuctionsStarted: 0,
      lrpAuctionsFailed: 0,
      taskAuctionsStarted: 0,
      taskAuctionsFailed: 0,
      failedCellStateRequests: 0,
      dropped: 0,
    },
    bbs: createBbsClient({
      clock,
      url: options.bbsUrl,
      tls: options.bbsTls,
      timeoutMs: communicationTimeoutMs,
    }),
    states: createHttpCalls({
      clock,
      timeoutMs: cellStateTimeoutMs,
      tls: repTls,
      maxAnswerBytes: AUCTIONEER_LIMITS.stateBytes,
    }),
    work: createHttpCalls({
      clock,
      timeoutMs: communicationTimeoutMs,
      tls: repTls,
      maxAnswerBytes: AUCTIONEER_LIMITS.stateBytes,
    }),
  };
}

/** One actor, named `auctioneer`. With a lock it may wait for long, so nobody waits for it. */
export function createAuctioneerChildren(
  options: AuctioneerOptions,
  ports: AuctioneerPorts,
): readonly ChildSpec[] {
  const state = createAuctioneerState(options, ports);
  const input: AuctioneerInput = {
    waiting: () => state.waiting.size,
    retryPauseMs: AUCTIONEER_LIMITS.retryPauseMs,
  };
  return [
    {
      id: AUCTIONEER_NAME,
      name: AUCTIONEER_NAME,
      logic: auctioneerLogic(state),
      input,
      restart: 'permanent',
      readyTimeoutMs: options.lock === undefined ? READY_TIMEOUT_MS : 0,
      shutdownMs: SHUTDOWN_MS,
    },
  ];
}
