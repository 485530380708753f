/** The download action: fetch, check, unpack (diego.md §2.2, §15 "Download checksum"). */
import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DownloadAction } from '../../../model/bbs/messages/actions.ts';
import type { Of } from '../../../model/bbs/messages/common.ts';
import { EXECUTOR_LIMITS } from '../options.ts';
import { CANCELLED, failure, type StepResult, type StepScope, SUCCEEDED, say } from './step.ts';
import {
  limitTransfer,
  openSource,
  sizeText,
  TransferError,
  type TransferLimit,
  transferReason,
} from './transfer.ts';
import { downloadPath, unpack } from './unpack.ts';

type Download = Pick<
  Of<typeof DownloadAction>,
  'artifact' | 'from' | 'to' | 'log_source' | 'checksum_algorithm' | 'checksum_value'
>;

const ALGORITHMS = new Set(['md5', 'sha1', 'sha256']);

function hashFor({ checksum_algorithm }: Download): Hash | undefined {
  if (checksum_algorithm === '') return undefined;
  const algorithm = checksum_algorithm.toLowerCase();
  if (!ALGORITHMS.has(algorithm)) throw new TransferError('unknown checksum algorithm');
  return createHash(algorithm);
}

/** Counts, hashes, and ends what is too large. */
function meter(hash: Hash | undefined, maxBytes: number, limit: TransferLimit) {
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      limit.touch();
      hash?.update(chunk);
      done(bytes > maxBytes ? new TransferError(`it is above ${maxBytes} bytes`) : null, chunk);
    },
  });
  return { stream, bytes: () => bytes };
}

const MEBIBYTE = 1024 * 1024;

async function fetchFile(
  action: Download,
  path: string,
  maxBytes: number,
  limit: TransferLimit,
): Promise<number> {
  const hash = hashFor(action);
  const metered = meter(hash, maxBytes, limit);
  const source = await openSource(action.from, limit.signal);
  await pipeline(source, metered.stream, createWriteStream(path, { mode: 0o600 }), {
    signal: limit.signal,
  });
  if (hash !== undefined && hash.digest('hex') !== action.checksum_value.trim().toLowerCase()) {
    throw new TransferError('the checksum does not match');
  }
  return metered.bytes();
}

/** Of the disk that was allocated, nothing above can be kept anyway. */
const boundedBy = (diskMb: number, bytes: number): number =>
  diskMb > 0 ? Math.min(bytes, diskMb * MEBIBYTE) : bytes;

async function downloadTo(action: Download, scope: StepScope, limit: TransferLimit) {
  const { paths, allocation } = scope.workspace;
  const { random } = scope.context.ports;
  await mkdir(paths.root, { recursive: true });
  const path = downloadPath(paths.root, random.below(Number.MAX_SAFE_INTEGER));
  const { downloadBytes, unpackedBytes } = EXECUTOR_LIMITS;
  try {
    const maxBytes = boundedBy(allocation.diskMb, downloadBytes);
    const bytes = await fetchFile(action, path, maxBytes, limit);
    await unpack({
      archive: path,
      destination: paths.inside(action.to),
      root: await realpath(paths.root),
      maxBytes: boundedBy(allocation.diskMb, unpackedBytes),
      signal: limit.signal,
    });
    return bytes;
  } finally {
    await rm(path, { force: true });
  }
}

/** Nothing is unpacked before its checksum matches. */
export async function runDownload(action: Download, scope: StepScope): Promise<StepResult> {
  const { artifact, log_source } = action;
  const { clock } = scope.context.ports;
  if (artifact !== '') say(scope, log_source, `Downloading ${artifact}...`);
  const limit = limitTransfer(clock, scope.signal, EXECUTOR_LIMITS.downloadTimeoutMs);
  try {
    const bytes = await downloadTo(action, scope, limit);
    if (artifact !== '') say(scope, log_source, `Downloaded ${artifact} (${sizeText(bytes)})`);
    return SUCCEEDED;
  } catch (error) {
    if (scope.signal.aborted) return CANCELLED;
    const reason = `Downloading failed: ${transferReason(error, limit)}`;
    say(scope, log_source, artifact === '' ? reason : `${artifact}: ${reason}`, 'err');
    return failure(reason);
  } finally {
    limit.release();
  }
}
