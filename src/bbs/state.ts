/** What the parts of the BBS share: it outlives their actors (DESIGN §4 rule 5). */
import type { Tell } from '../../machines/kernel/tell.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Store } from '../ports/store.ts';
import { type AuctioneerClient, createAuctioneerClient } from './clients/auctioneer-client.ts';
import { createRepClient, type RepClient } from './clients/rep-client.ts';
import { createTaskCallbacks, type TaskCallbacks } from './clients/task-callbacks.ts';
import { EventHub } from './events/hub.ts';
import { Image } from './image/image.ts';
import { KeyQueue } from './operations/key-queue.ts';
import type { BbsOptions } from './options.ts';

export const BBS_NAMES = {
  image: 'bbs/image',
  handler: 'bbs/handler',
  convergence: 'bbs/convergence',
  presence: 'bbs/presence',
  receptor: 'bbs/receptor',
  auctioneer: 'auctioneer',
} as const;

export interface BbsPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly notify: Tell;
  /** The store as it is open now; undefined while it is not. */
  readonly store: () => Store | undefined;
}

export interface BbsState {
  readonly options: BbsOptions;
  readonly ports: BbsPorts;
  readonly image: Image;
  readonly hub: EventHub;
  readonly queue: KeyQueue;
  readonly auctioneer: AuctioneerClient;
  readonly rep: RepClient;
  readonly callbacks: TaskCallbacks;
  /** The image follows the store; without it requests are answered 503. */
  isFollowing: boolean;
  /** Nanoseconds since 1970, never the same twice. */
  now(): bigint;
  /** A fresh epoch of a modification tag. */
  newEpoch(): string;
}

const NANOSECONDS_PER_MS = 1_000_000n;

export function createBbsState(options: BbsOptions, ports: BbsPorts): BbsState {
  const { clock, random } = ports;
  let last = 0n;
  const state: BbsState = {
    options,
    ports,
    image: new Image(),
    hub: new EventHub(),
    queue: new KeyQueue(),
    auctioneer: createAuctioneerClient(options, ports),
    rep: createRepClient(options, ports),
    callbacks: createTaskCallbacks(options, ports),
    isFollowing: false,
    now() {
      const wall = BigInt(Math.floor(clock.wallMs())) * NANOSECONDS_PER_MS;
      last = wall > last ? wall : last + 1n;
      return last;
    },
    newEpoch: () => random.uuid(),
  };
  return state;
}
