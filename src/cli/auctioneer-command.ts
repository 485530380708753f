import type { AuctioneerOptions } from '../auctioneer/options.ts';
import { type AuctioneerFileOptions, readAuctioneerConfig } from '../config/auctioneer-config.ts';
import type { TlsFiles, TlsPaths } from '../config/tls-files.ts';
import { createAuctioneerNode } from '../node/auctioneer-node.ts';
import type { Host } from './host.ts';
import { accepted, readConfigFile, runOriginal, tlsFilesOf } from './original-program.ts';

export interface AuctioneerFlags {
  readonly config: string;
}

function toOptions(file: AuctioneerFileOptions, problems: string[]): AuctioneerOptions {
  const { listen, lock, logLevel: _logLevel, tls, bbsTls, repTls, ...rest } = file;
  const tlsOf = (paths: TlsPaths | undefined): TlsFiles | undefined => tlsFilesOf(paths, problems);
  return {
    ...rest,
    ...listen,
    generation: 'today',
    tls: tlsOf(tls),
    bbsTls: tlsOf(bbsTls),
    repTls: tlsOf(repTls),
    lock: lock === undefined ? undefined : { ...lock, tls: tlsOf(lock.tls) },
  };
}

/** `troupe auctioneer -config FILE`: the auctioneer alone, in the place of the original program. */
export async function auctioneerCommand(host: Host, flags: AuctioneerFlags): Promise<void> {
  await runOriginal(host, { name: 'auctioneer', timestamp: 'rfc3339' }, (problems) => {
    const file = accepted(readAuctioneerConfig(readConfigFile(flags.config)));
    const options = toOptions(file.options, problems);
    return {
      logLevel: file.options.logLevel,
      warnings: file.warnings,
      started: { ...file.options.listen },
      createSystem: (ports) => createAuctioneerNode(options, ports),
    };
  });
}
