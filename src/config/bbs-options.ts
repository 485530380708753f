import { type TSchema, Type } from 'typebox';
import type { LocketOptions } from '../bbs/locket/options.ts';
import type { BbsOptions } from '../bbs/options.ts';
import type { ReceptorOptions } from '../bbs/receptor/options.ts';
import { durationMs } from './duration.ts';
import { duration, HOST, LOOPBACK, port, section, text } from './fields.ts';

/** Where the records are kept. */
export type StoreOptions =
  | { readonly type: 'memory' }
  | { readonly type: 'lmdb'; readonly directory: string }
  | { readonly type: 'etcd'; readonly hosts: readonly string[]; readonly keyPrefix: string };

export interface ControlPlaneOptions {
  readonly store: StoreOptions;
  readonly bbs: BbsOptions;
  readonly locket: LocketOptions | undefined;
  readonly receptor: ReceptorOptions | undefined;
}

/** The sections of the node's own file that belong to the control plane. */
export const controlPlaneProperties: Readonly<Record<string, TSchema>> = {
  store: section({
    type: Type.Enum(['lmdb', 'etcd', 'memory'], {
      default: 'lmdb',
      description: 'lmdb: a file in data_dir; etcd: shared by several nodes; memory: forgets',
    }),
    directory: text('store', 'of lmdb, in data_dir unless absolute'),
    etcd_hosts: Type.Array(Type.String(), {
      default: [],
      description: 'of etcd: http://host:port of its servers',
    }),
    etcd_prefix: text('/troupe', 'of etcd: under which all keys stand'),
  }),
  bbs: section({
    enabled: Type.Boolean({ default: true, description: 'run the BBS' }),
    host: text(LOOPBACK, HOST),
    port: port(8889, 'port of the BBS API'),
    generation: Type.Enum(['today', '2015'], {
      default: 'today',
      description: 'whose rules hold where the two eras of Diego differ',
    }),
    auctioneer_address: text('', 'URL of an auctioneer elsewhere'),
    converge_repeat_interval: duration('30s', 'pause between two convergence passes'),
    kick_task_duration: duration('30s', 'age at which a task is looked at again'),
    expire_pending_task_duration: duration('30m', 'a task not started by then fails'),
    expire_completed_task_duration: duration('2m', 'a task not collected by then is deleted'),
    max_task_retries: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      default: 3,
      description: 'rejections of a task before it fails',
    }),
    communication_timeout: duration('10s', 'of a call to a cell, the auctioneer or a callback'),
  }),
  locket: section({
    enabled: Type.Boolean({ default: true, description: 'run Locket, for cells elsewhere' }),
    host: text(LOOPBACK, HOST),
    port: port(8891, 'port of the gRPC service'),
  }),
  receptor: section({
    enabled: Type.Boolean({ default: true, description: 'run the JSON API of 2015' }),
    host: text(LOOPBACK, HOST),
    port: port(8887, 'port of the JSON API'),
    user: text('', 'HTTP basic authentication; empty: none'),
    password: text('', 'its password'),
  }),
};

interface Sections {
  readonly store: {
    readonly type: StoreOptions['type'];
    readonly directory: string;
    readonly etcd_hosts: readonly string[];
    readonly etcd_prefix: string;
  };
  readonly bbs: {
    readonly enabled: boolean;
    readonly host: string;
    readonly port: number;
    readonly generation: BbsOptions['generation'];
    readonly auctioneer_address: string;
    readonly converge_repeat_interval: string | number;
    readonly kick_task_duration: string | number;
    readonly expire_pending_task_duration: string | number;
    readonly expire_completed_task_duration: string | number;
    readonly max_task_retries: number;
    readonly communication_timeout: string | number;
  };
  readonly locket: { readonly enabled: boolean; readonly host: string; readonly port: number };
  readonly receptor: {
    readonly enabled: boolean;
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
  };
}

const CALLBACK_WORKERS = 1000;

function storeOptions({ type, directory, etcd_hosts, etcd_prefix }: Sections['store']) {
  if (type === 'memory') return { type } as const;
  if (type === 'lmdb') return { type, directory } as const;
  return { type, hosts: etcd_hosts, keyPrefix: etcd_prefix } as const;
}

function bbsOptions({ bbs, store }: Sections): BbsOptions {
  return {
    host: bbs.host,
    port: bbs.port,
    health: undefined,
    tls: undefined,
    generation: bbs.generation,
    auctioneerAddress: bbs.auctioneer_address,
    auctioneerTls: undefined,
    repTls: undefined,
    convergeIntervalMs: durationMs(bbs.converge_repeat_interval),
    kickTaskMs: durationMs(bbs.kick_task_duration),
    expirePendingTaskMs: durationMs(bbs.expire_pending_task_duration),
    expireCompletedTaskMs: durationMs(bbs.expire_completed_task_duration),
    maxTaskRetries: bbs.max_task_retries,
    communicationTimeoutMs: durationMs(bbs.communication_timeout),
    callbackWorkers: CALLBACK_WORKERS,
    isStoreShared: store.type === 'etcd',
  };
}

export type ControlPlaneResult =
  | { readonly problems: readonly string[] }
  | { readonly options: ControlPlaneOptions | undefined };

/** From the checked sections of the file; undefined when the BBS is off. */
export function toControlPlane(given: Readonly<Record<string, unknown>>): ControlPlaneResult {
  const sections = given as unknown as Sections;
  const { store, bbs, locket, receptor } = sections;
  if (!bbs.enabled) return { options: undefined };
  if (store.type === 'etcd' && store.etcd_hosts.length === 0) {
    return { problems: ['store.etcd_hosts: with store.type etcd at least one server is needed'] };
  }
  const { host, port: receptorPort, user, password } = receptor;
  return {
    options: {
      store: storeOptions(store),
      bbs: bbsOptions(sections),
      locket: locket.enabled ? { host: locket.host, port: locket.port, tls: undefined } : undefined,
      receptor: receptor.enabled
        ? { host, port: receptorPort, user, password, allowedOrigins: [] }
        : undefined,
    },
  };
}
