import { readFileSync } from 'node:fs';
import { createRealClock } from '../adapters/clock/real-clock.ts';
import { createPinoLog } from '../adapters/log/pino-log.ts';
import { createSystemRandom } from '../adapters/random/system-random.ts';
import { type BbsFileOptions, readBbsConfig } from '../config/bbs-config.ts';
import type { ControlPlaneOptions, StoreOptions } from '../config/bbs-options.ts';
import { readTlsFiles, type TlsFiles, type TlsPaths } from '../config/tls-files.ts';
import { createBbsNode } from '../node/control-plane.ts';
import { EXIT, type Host } from './host.ts';
import { runNode } from './run-node.ts';

export interface BbsFlags {
  readonly config: string;
  readonly dataDir: string;
  /** Servers of etcd, with commas; empty: a file in the data directory. */
  readonly etcd: string;
  /** host:port of Locket; empty: none. */
  readonly locket: string;
}

class Problems extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

function tlsOf(paths: TlsPaths | undefined): TlsFiles | undefined {
  if (paths === undefined) return undefined;
  const result = readTlsFiles(paths, (path) => readFileSync(path));
  if (!result.ok) throw new Problems(result.problems);
  return result.files;
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
    throw new Problems([`--locket ${text}: host:port is wanted`]);
  }
  return { host: text.slice(0, colon), port };
}

function toControlPlane(file: BbsFileOptions, flags: BbsFlags): ControlPlaneOptions {
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
  const destination = { write: (text: string) => host.writeOut(text) };
  const logFor = (level: BbsFileOptions['logLevel']) =>
    createPinoLog({ level, source: 'bbs', timestamp: 'rfc3339', destination }).log;
  const fail = (problems: readonly string[]): void => {
    logFor('error').fatal('bbs.invalid-configuration', { problems });
    host.exit(EXIT.failed);
  };
  let text: string;
  try {
    text = readFileSync(flags.config, 'utf8');
  } catch (error) {
    fail([`${flags.config}: ${(error as Error).message}`]);
    return;
  }
  const result = readBbsConfig(text);
  if (!result.ok) {
    fail(result.problems);
    return;
  }
  let options: ControlPlaneOptions;
  try {
    options = toControlPlane(result.options, flags);
  } catch (error) {
    if (!(error instanceof Problems)) throw error;
    fail(error.problems);
    return;
  }
  const log = logFor(result.options.logLevel);
  for (const warning of result.warnings) log.warn('bbs.configuration', { warning });
  const { dataDir } = flags;
  await runNode(host, {
    name: 'bbs',
    system: createBbsNode(options, {
      clock: createRealClock(),
      random: createSystemRandom(),
      log,
      dataDir,
    }),
    log,
    isDrainedOnTerminate: true,
    onReady: () => log.info('bbs.started', { ...result.options.listen }),
    onStopped: () => {},
    onStartupError: (message, advice) => log.fatal(message, { advice }),
    flush: async () => {},
  });
}
