/** The tree of the auctioneer alone, in the place of the original program. */
import { createAuctioneerChildren } from '../auctioneer/index.ts';
import type { AuctioneerOptions } from '../auctioneer/options.ts';
import type { ActorSystem } from '../kernel/actor-system.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { createTree } from './tree.ts';

const READY_TIMEOUT_MS = 60_000;

export interface AuctioneerNodePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Builds the tree; nothing runs before `start()`. */
export const createAuctioneerNode = (
  options: AuctioneerOptions,
  ports: AuctioneerNodePorts,
): ActorSystem =>
  createTree({ ...ports, supervision: undefined, readyTimeoutMs: READY_TIMEOUT_MS }, () =>
    createAuctioneerChildren(options, ports),
  );
