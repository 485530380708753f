/** A BBS in this process, whose clock can be moved on, and that never converges by itself. */
import { rmSync } from 'node:fs';
import { createRealClock } from '../../../src/adapters/clock/real-clock.ts';
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import { createSystemRandom } from '../../../src/adapters/random/system-random.ts';
import { createEtcdStore } from '../../../src/adapters/store/etcd-store.ts';
import { openLmdbStore } from '../../../src/adapters/store/lmdb-store.ts';
import { createMemoryStore } from '../../../src/adapters/store/memory-store.ts';
import { createBbs } from '../../../src/bbs/index.ts';
import type { BbsOptions } from '../../../src/bbs/options.ts';
import type { BbsState } from '../../../src/bbs/state.ts';
import { type ActorSystem, createActorSystem } from '../../../src/kernel/actor-system.ts';
import { Resource } from '../../../src/model/bbs/messages/locket.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import { SUPERVISION_DEFAULTS } from '../../../src/node/tree.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Store } from '../../../src/ports/store.ts';
import { temporaryDirectory } from '../../store/temporary-directory.ts';

export interface BbsUnderTest {
  readonly baseUrl: string;
  advance(seconds: number): void;
  registerCell(cellId: string, repAddress: string): Promise<void>;
  releaseCell(cellId: string): Promise<void>;
  /** Resolves when auctions, calls to cells and callbacks are done. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** What is behind the API: for tests that look or run below HTTP. */
export interface OpenedBbs extends BbsUnderTest {
  readonly state: BbsState;
  readonly system: ActorSystem;
  readonly store: Store;
}

export interface BbsUnderTestOptions {
  readonly store: 'memory' | 'lmdb' | { readonly etcdHost: string; readonly keyPrefix?: string };
  readonly generation: 'today' | '2015';
  readonly auctioneerAddress: string;
  readonly options?: Partial<BbsOptions>;
  /** Time passes by `advance` alone: a busy machine changes nothing. */
  readonly isClockFrozen?: boolean;
  /** Of `lmdb`: where the data is, and stays after the stop. Default: somewhere, until the stop. */
  readonly directory?: string;
  /** What the BBS works on in place of its store: to make it fail. */
  readonly wrapStore?: (store: Store) => Store;
}

export const BBS_TEST_OPTIONS: BbsOptions = {
  host: '127.0.0.1',
  port: 0,
  health: undefined,
  tls: undefined,
  generation: 'today',
  auctioneerAddress: '',
  auctioneerTls: undefined,
  repTls: undefined,
  convergeIntervalMs: 0,
  kickTaskMs: 30_000,
  expirePendingTaskMs: 1_800_000,
  expireCompletedTaskMs: 120_000,
  maxTaskRetries: 3,
  communicationTimeoutMs: 10_000,
  callbackWorkers: 1000,
  isStoreShared: false,
};

/** Real timers; what the clock says can be moved on, and may otherwise stand still. */
function shiftedClock(isFrozen: boolean): Clock & { shift(ms: number): void } {
  const real = createRealClock();
  const startMs = { now: real.nowMs(), wall: real.wallMs() };
  let shiftMs = 0;
  return {
    ...real,
    nowMs: () => (isFrozen ? startMs.now : real.nowMs()) + shiftMs,
    wallMs: () => (isFrozen ? startMs.wall : real.wallMs()) + shiftMs,
    shift(ms) {
      shiftMs += ms;
    },
  };
}

let stores = 0;

async function openStore(
  { store, directory: given }: BbsUnderTestOptions,
  clock: Clock,
): Promise<{ store: Store; dispose: () => void }> {
  if (store === 'memory') return { store: createMemoryStore({ clock }), dispose: () => {} };
  if (store === 'lmdb') {
    const directory = given ?? temporaryDirectory();
    const opened = await openLmdbStore({ clock, directory });
    if (!opened.ok) throw new Error(opened.error.message);
    const dispose = () =>
      given === undefined ? rmSync(directory, { recursive: true }) : undefined;
    return { store: opened.value, dispose };
  }
  stores += 1;
  const keyPrefix = store.keyPrefix ?? `/bbs-test-${process.pid}-${stores}`;
  return {
    store: createEtcdStore({ clock, hosts: [store.etcdHost], keyPrefix }),
    dispose: () => {},
  };
}

/** What Locket stores of a registered cell. */
function presenceOf(cellId: string, repAddress: string): Uint8Array {
  const value = JSON.stringify({
    cell_id: cellId,
    rep_address: repAddress,
    zone: 'z1',
    capacity: { memory_mb: 1024, disk_mb: 2048, containers: 100 },
    rootfs_provider_list: [{ name: 'preloaded', properties: ['cflinuxfs4'] }],
  });
  const fields = { key: cellId, owner: cellId, value, type: 'presence', type_code: 2 };
  return encode(Resource, Resource.create(fields));
}

const lockKey = (cellId: string): string => `/v1/locks/${encodeURIComponent(cellId)}`;

export async function startBbsUnderTest(given: BbsUnderTestOptions): Promise<OpenedBbs> {
  const clock = shiftedClock(given.isClockFrozen === true);
  const { store: opened, dispose } = await openStore(given, clock);
  const store = given.wrapStore?.(opened) ?? opened;
  const { log } = createMemoryLog();
  const random = createSystemRandom();
  const { generation, auctioneerAddress } = given;
  const isStoreShared = typeof given.store === 'object';
  const { state, children } = createBbs(
    { ...BBS_TEST_OPTIONS, generation, auctioneerAddress, isStoreShared, ...given.options },
    { clock, random, log, notify: () => false, store: () => store },
  );
  const system = createActorSystem({
    root: {
      ...SUPERVISION_DEFAULTS,
      name: 'bbs',
      strategy: 'rest_for_one',
      children,
      drainOnEscalation: false,
      nowMs: clock.nowMs,
      chance: random.next,
    },
    clock,
    log,
  });
  system.start();
  const failure = await Promise.race([system.ready, system.ended]);
  if (failure !== undefined) throw failure;
  const handler = system.whereis('bbs/handler')?.getSnapshot() as { context: { port: number } };
  const write = async (cellId: string, value: Uint8Array | undefined): Promise<void> => {
    const key = lockKey(cellId);
    const result = await store.txn({
      success: [value === undefined ? { type: 'delete', key } : { type: 'put', key, value }],
    });
    if (!result.ok) throw new Error(result.error.message);
    await state.image.reached(result.value.revision);
  };
  return {
    state,
    system,
    store,
    baseUrl: `http://127.0.0.1:${handler.context.port}`,
    // A little more than asked for, as between two steps of a recording.
    advance: (seconds) => clock.shift(seconds * 1000 + 1),
    registerCell: (cellId, repAddress) => write(cellId, presenceOf(cellId, repAddress)),
    releaseCell: (cellId) => write(cellId, undefined),
    async idle() {
      await state.callbacks.idle();
      await Promise.all([state.auctioneer.idle(), state.rep.idle()]);
    },
    async stop() {
      system.shutdown('fast');
      await system.ended;
      await store.close();
      dispose();
    },
  };
}
