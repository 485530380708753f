/** Store and BBS as parts of a tree: of a whole node, or of the BBS alone. */
import { isAbsolute, join } from 'node:path';
import type { ChildSpec } from '../../machines/kernel/supervisor.machine.ts';
import { createEtcdStore } from '../adapters/store/etcd-store.ts';
import { openLmdbStore } from '../adapters/store/lmdb-store.ts';
import { createMemoryStore } from '../adapters/store/memory-store.ts';
import { createBbs, type StoreHolder, storeKeeperLogic } from '../bbs/index.ts';
import type { ControlPlaneOptions, StoreOptions } from '../config/bbs-options.ts';
import type { ActorSystem } from '../kernel/actor-system.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Store, StoreResult } from '../ports/store.ts';
import { createTree, type MakeSupervisor } from './tree.ts';

export interface ControlPlanePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly notify: ActorSystem['notify'];
  /** Where relative paths of the store begin. */
  readonly dataDir: string;
}

const READY_TIMEOUT_MS = 120_000;
const SHUTDOWN_MS = 10_000;

async function openStore(
  options: StoreOptions,
  clock: Clock,
  dataDir: string,
): Promise<StoreResult<Store>> {
  if (options.type === 'memory') return { ok: true, value: createMemoryStore({ clock }) };
  if (options.type === 'lmdb') {
    const { directory } = options;
    const path = isAbsolute(directory) ? directory : join(dataDir, directory);
    return await openLmdbStore({ clock, directory: path });
  }
  const store = createEtcdStore({ clock, hosts: [...options.hosts], keyPrefix: options.keyPrefix });
  const probe = await store.get('/v1/note');
  if (probe.ok) return { ok: true, value: store };
  await store.close();
  return probe;
}

const ADVICE: Readonly<Record<StoreOptions['type'], string>> = {
  memory: '',
  lmdb: 'stop the other node, or set store.directory (a damaged file: restore it, or move it away)',
  etcd: 'start etcd, or set store.etcd_hosts',
};

/** The store, then the BBS on it. */
export function controlPlaneChildren(
  { store, bbs, locket, receptor }: ControlPlaneOptions,
  ports: ControlPlanePorts,
  supervisor: MakeSupervisor,
): ChildSpec[] {
  const { clock, random, log, notify, dataDir } = ports;
  const holder: StoreHolder = { current: undefined };
  const open = () => openStore(store, clock, dataDir);
  const keeper: ChildSpec = {
    id: 'store',
    name: 'store',
    logic: storeKeeperLogic({ holder, open, advice: ADVICE[store.type] }),
    restart: 'permanent',
    readyTimeoutMs: READY_TIMEOUT_MS,
    shutdownMs: SHUTDOWN_MS,
  };
  const { children } = createBbs(
    bbs,
    { clock, random, log: log.child('bbs'), notify, store: () => holder.current },
    { locket, receptor },
  );
  return [keeper, supervisor('bbs', 'rest_for_one', children)];
}

/** The tree of the BBS alone, in the place of the original program. */
export const createBbsNode = (
  options: ControlPlaneOptions,
  ports: Omit<ControlPlanePorts, 'notify'>,
): ActorSystem =>
  createTree(
    { ...ports, supervision: undefined, readyTimeoutMs: READY_TIMEOUT_MS },
    ({ supervisor, notify }) => controlPlaneChildren(options, { ...ports, notify }, supervisor),
  );
