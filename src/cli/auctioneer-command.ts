import { readFileSync } from 'node:fs';
import { createRealClock } from '../adapters/clock/real-clock.ts';
import { createPinoLog } from '../adapters/log/pino-log.ts';
import { createSystemRandom } from '../adapters/random/system-random.ts';
import type { AuctioneerOptions } from '../auctioneer/options.ts';
import {
  type AuctioneerConfigResult,
  type AuctioneerFileOptions,
  readAuctioneerConfig,
} from '../config/auctioneer-config.ts';
import { readTlsFiles, type TlsFiles, type TlsPaths } from '../config/tls-files.ts';
import { createAuctioneerNode } from '../node/auctioneer-node.ts';
import { EXIT, type Host } from './host.ts';
import { runNode } from './run-node.ts';

export interface AuctioneerFlags {
  readonly config: string;
}

type Outcome =
  | { readonly ok: true; readonly options: AuctioneerOptions }
  | { readonly ok: false; readonly problems: readonly string[] };

function toOptions(file: AuctioneerFileOptions): Outcome {
  const problems: string[] = [];
  const tlsOf = (paths: TlsPaths | undefined): TlsFiles | undefined => {
    if (paths === undefined) return undefined;
    const result = readTlsFiles(paths, (path) => readFileSync(path));
    if (result.ok) return result.files;
    problems.push(...result.problems);
    return undefined;
  };
  const { listen, lock, logLevel: _logLevel, tls, bbsTls, repTls, ...rest } = file;
  const options: AuctioneerOptions = {
    ...rest,
    ...listen,
    generation: 'today',
    tls: tlsOf(tls),
    bbsTls: tlsOf(bbsTls),
    repTls: tlsOf(repTls),
    lock: lock === undefined ? undefined : { ...lock, tls: tlsOf(lock.tls) },
  };
  return problems.length === 0 ? { ok: true, options } : { ok: false, problems };
}

function readConfig(path: string): AuctioneerConfigResult {
  try {
    return readAuctioneerConfig(readFileSync(path, 'utf8'));
  } catch (error) {
    return { ok: false, problems: [`${path}: ${(error as Error).message}`] };
  }
}

/** `troupe auctioneer -config FILE`: the auctioneer alone, in the place of the original program. */
export async function auctioneerCommand(host: Host, flags: AuctioneerFlags): Promise<void> {
  const destination = { write: (text: string) => host.writeOut(text) };
  const logFor = (level: AuctioneerFileOptions['logLevel']) =>
    createPinoLog({ level, source: 'auctioneer', timestamp: 'rfc3339', destination }).log;
  const file = readConfig(flags.config);
  const made = file.ok ? toOptions(file.options) : file;
  if (!file.ok || !made.ok) {
    const problems = made.ok ? [] : made.problems;
    logFor('error').fatal('auctioneer.invalid-configuration', { problems });
    host.exit(EXIT.failed);
    return;
  }
  const log = logFor(file.options.logLevel);
  for (const warning of file.warnings) log.warn('auctioneer.configuration', { warning });
  await runNode(host, {
    name: 'auctioneer',
    system: createAuctioneerNode(made.options, {
      clock: createRealClock(),
      random: createSystemRandom(),
      log,
    }),
    log,
    isDrainedOnTerminate: true,
    onReady: () => log.info('auctioneer.started', { ...file.options.listen }),
    onStopped: () => {},
    onStartupError: (message, advice) => log.fatal(message, { advice }),
    flush: async () => {},
  });
}
