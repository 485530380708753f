import { type BbsFileOptions, readBbsConfig } from '../config/bbs-config.ts';
import type { ControlPlaneOptions, StoreOptions } from '../config/bbs-options.ts';
import type { TlsFiles, TlsPaths } from '../config/tls-files.ts';
import { createBbsNode } from '../node/control-plane.ts';
import type { Host } from './host.ts';
import {
  accepted,
  ConfigurationError,
  readConfigFile,
  runOriginal,
  tlsFilesOf,
} from './original-program.ts';

export interface BbsFlags {
  readonly config: string;
  readonly dataDir: string;
  /** Servers of etcd, with commas; empty: a file in the data directory. */
  readonly etcd: string;
  /** host:port of Locket; empty: none. */
  readonly locket: string;
}

const storeOf = ({ etcd }: BbsFlags): StoreOptions =>
  etcd === ''
    ? { type: 'lmdb', directory: 'store' }
    : { type: 'etcd', hosts: etcd.split(','), keyPrefix: '/troupe' };

/** The port after the last colon, so that an IPv6 address may stand before it. */
function addressOf(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (colon < 0 || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ConfigurationError([`--locket ${text}: host:port is wanted`]);
  }
  return { host: text.slice(0, colon), port };
}

function toControlPlane(
  file: BbsFileOptions,
  flags: BbsFlags,
  problems: string[],
): ControlPlaneOptions {
  const tlsOf = (paths: TlsPaths | undefined): TlsFiles | undefined => tlsFilesOf(paths, problems);
  const tls = tlsOf(file.tls);
  const store = storeOf(flags);
  return {
    store,
    bbs: {
      ...file.listen,
      health: file.health,
      tls,
      generation: 'today',
      auctioneerAddress: file.auctioneerAddress,
      auctioneerTls: tlsOf(file.auctioneerTls),
      repTls: tlsOf(file.repTls),
      convergeIntervalMs: file.convergeIntervalMs,
      kickTaskMs: file.kickTaskMs,
      expirePendingTaskMs: file.expirePendingTaskMs,
      expireCompletedTaskMs: file.expireCompletedTaskMs,
      maxTaskRetries: file.maxTaskRetries,
      communicationTimeoutMs: file.communicationTimeoutMs,
      callbackWorkers: file.taskCallbackWorkers,
      isStoreShared: store.type === 'etcd',
    },
    locket: flags.locket === '' ? undefined : { ...addressOf(flags.locket), tls },
    receptor: undefined,
  };
}

/** `troupe bbs -config FILE`: the BBS alone, in the place of the original program. */
export async function bbsCommand(host: Host, flags: BbsFlags): Promise<void> {
  await runOriginal(host, { name: 'bbs', timestamp: 'rfc3339' }, (problems) => {
    const file = accepted(readBbsConfig(readConfigFile(flags.config)));
    const options = toControlPlane(file.options, flags, problems);
    return {
      logLevel: file.options.logLevel,
      warnings: file.warnings,
      started: { ...file.options.listen },
      createSystem: (ports) => createBbsNode(options, { ...ports, dataDir: flags.dataDir }),
    };
  });
}
