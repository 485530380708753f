/** Unpacks a tar archive, plain or gzipped, into a directory and nowhere else. */
import { createReadStream } from 'node:fs';
import { mkdir, open, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type ReadEntry, Unpack } from 'tar';
import { EXECUTOR_LIMITS } from '../options.ts';
import { TransferError } from './transfer.ts';

export interface UnpackRequest {
  readonly archive: string;
  readonly destination: string;
  /** Real path of the container: the destination must be below. */
  readonly root: string;
  /** What it may take, unpacked. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

const HEAD_BYTES = 512;
const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;
const BLANK = 32;

/** The sum that a tar header holds of itself (POSIX ustar). */
function isTarHeader(head: Buffer): boolean {
  if (head.length < HEAD_BYTES) return false;
  const field = head.toString('latin1', CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_BYTES);
  const noted = Number.parseInt(field.replaceAll('\0', ' ').trim(), 8);
  let sum = CHECKSUM_BYTES * BLANK;
  for (const [index, byte] of head.entries()) {
    if (index < CHECKSUM_AT || index >= CHECKSUM_AT + CHECKSUM_BYTES) sum += byte;
  }
  return sum === noted;
}

const isBlank = (head: Buffer): boolean => head.every((byte) => byte === 0);

async function checkFormat(archive: string): Promise<void> {
  const file = await open(archive);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    const isGzip = head[0] === 0x1f && head[1] === 0x8b;
    const isEmptyTar = bytesRead === HEAD_BYTES && isBlank(head);
    if (isGzip || isEmptyTar || isTarHeader(head)) return;
    const isZip = head.toString('latin1', 0, 2) === 'PK';
    throw new TransferError(isZip ? 'zip archives are not supported' : 'not a tar archive');
  } finally {
    await file.close();
  }
}

const isInside = (path: string, directory: string): boolean => {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith('../') && !way.startsWith('/');
};

/** Looks at each entry before it is written. */
class EntryCheck {
  problem = '';
  readonly links: string[] = [];
  #entries = 0;
  #bytes = 0;
  readonly #destination: string;
  readonly #maxBytes: number;

  constructor(destination: string, maxBytes: number) {
    this.#destination = destination;
    this.#maxBytes = maxBytes;
  }

  /** False: it is not written, and neither is anything after it. */
  isFine(entry: ReadEntry): boolean {
    this.#entries += 1;
    this.#bytes += entry.size;
    if (this.problem === '') this.problem = this.#problemOf(entry);
    return this.problem === '';
  }

  #problemOf({ path, type, linkpath = '' }: ReadEntry): string {
    if (this.#entries > EXECUTOR_LIMITS.archiveEntries) return 'the archive has too many entries';
    if (this.#bytes > this.#maxBytes) return 'the archive is too large';
    const own = resolve(this.#destination, path);
    if (path.startsWith('/') || !isInside(own, this.#destination)) {
      return `the archive has a path that leads out of it: ${path}`;
    }
    if (type === 'SymbolicLink') {
      this.links.push(own);
      if (isInside(resolve(dirname(own), linkpath), this.#destination)) return '';
      return `the archive has a link that leads out of it: ${path}`;
    }
    if (type !== 'Link') return '';
    const isOwn =
      !linkpath.startsWith('/') &&
      isInside(resolve(this.#destination, linkpath), this.#destination);
    return isOwn ? '' : `the archive has a link that leads out of it: ${path}`;
  }
}

/** A link through another link can lead where its text does not show. */
async function checkLinks(links: readonly string[], destination: string): Promise<void> {
  for (const link of links) {
    const target = await realpath(link).catch(() => destination);
    if (!isInside(target, destination)) {
      const name = relative(destination, link);
      throw new TransferError(`the archive has a link that leads out of it: ${name}`);
    }
  }
}

/** Rejects with a TransferError; what was written by then stays. */
export async function unpack(request: UnpackRequest): Promise<void> {
  const { archive, root, maxBytes, signal } = request;
  await checkFormat(archive);
  await mkdir(request.destination, { recursive: true });
  const destination = await realpath(request.destination);
  if (!isInside(destination, root)) throw new TransferError('the target is outside');
  const check = new EntryCheck(destination, maxBytes);
  const unpacking = new Unpack({
    cwd: destination,
    strict: true,
    preserveOwner: false,
    filter: (_path, entry) => check.isFine(entry as ReadEntry),
  });
  const done = new Promise<void>((end, reject) => {
    unpacking.on('close', end);
    unpacking.on('error', reject);
  });
  // It may fail before anyone waits for it.
  done.catch(() => {});
  const source = createReadStream(archive);
  source.on('data', () => {
    if (check.problem !== '') source.destroy(new TransferError(check.problem));
  });
  try {
    await pipeline(source, unpacking as unknown as NodeJS.WritableStream, { signal });
    await done;
  } catch (error) {
    if (check.problem !== '') throw new TransferError(check.problem);
    if (signal.aborted) throw error;
    throw new TransferError(`the archive cannot be unpacked: ${(error as Error).message}`);
  }
  if (check.problem !== '') throw new TransferError(check.problem);
  await checkLinks(check.links, destination);
}

/** Where a download is kept until it is checked; below the root, so that it is removed with it. */
export const downloadPath = (root: string, number: number): string =>
  join(root, `.download-${number}`);
