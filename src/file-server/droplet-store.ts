/**
 * Droplets as files. The checksum is part of a file's name, so that a rename publishes both at
 * once; a crash leaves the old droplet, the new one, or both, and then the newer counts.
 */
import { mkdir, open, readdir, rename, stat, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { FILE_SERVER_LIMITS, type FileServerOptions } from './options.ts';

export interface Droplet {
  readonly name: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly path: string;
  /** Unix time of the upload, or of the last time that it was fetched. */
  readonly usedAtMs: number;
}

export interface DropletStorePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const NAME = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${FILE_SERVER_LIMITS.nameCharacters - 1}}$`);
const FILE = /^(?<name>[^@]+)@(?<sha256>[0-9a-f]{64})$/;
const UPLOAD_PREFIX = '.upload-';

/** One part of a path that cannot lead anywhere else, nor be one of our own temporary files. */
export const isDropletName = (name: string): boolean => NAME.test(name);

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

export class DropletStore {
  readonly #options: FileServerOptions;
  readonly #ports: DropletStorePorts;
  readonly #droplets = new Map<string, Droplet>();
  /** Bytes that uploads under way may still bring. */
  #reservedBytes = 0;
  #storedBytes = 0;

  constructor(options: FileServerOptions, ports: DropletStorePorts) {
    this.#options = options;
    this.#ports = ports;
  }

  /** Finds what is there, and removes what a crash left. Throws when the directory is unusable. */
  async load(): Promise<void> {
    const { directory } = this.#options;
    this.#droplets.clear();
    this.#storedBytes = 0;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const file of await readdir(directory)) {
      const path = join(directory, file);
      const { name = '', sha256 = '' } = FILE.exec(file)?.groups ?? {};
      if (file.startsWith(UPLOAD_PREFIX)) await removeFile(path);
      if (!isDropletName(name)) continue;
      const { size, mtimeMs, ctimeMs } = await stat(path);
      const known = this.#droplets.get(name);
      const found = { name, sha256, bytes: size, path, usedAtMs: mtimeMs };
      if (known === undefined) this.#set(found);
      else {
        const other = await stat(known.path);
        const isNewer = ctimeMs > other.ctimeMs;
        await removeFile(isNewer ? known.path : path);
        if (isNewer) this.#set(found);
      }
    }
  }

  get size(): number {
    return this.#droplets.size;
  }

  get storedBytes(): number {
    return this.#storedBytes;
  }

  list = (): readonly Droplet[] => [...this.#droplets.values()];

  get = (name: string): Droplet | undefined => this.#droplets.get(name);

  /** Notes a use, also for the time after a restart. */
  touch(droplet: Droplet): void {
    const usedAtMs = this.#ports.clock.wallMs();
    if (this.#droplets.get(droplet.name) !== droplet) return;
    this.#droplets.set(droplet.name, { ...droplet, usedAtMs });
    const seconds = usedAtMs / 1000;
    utimes(droplet.path, seconds, seconds).catch((error: Error) => {
      this.#ports.log.debug('file-server.not-touched', { error: error.message });
    });
  }

  /** False: it is too much for the store, even without what may be deleted. */
  async reserve(bytes: number): Promise<boolean> {
    const { maxTotalBytes } = this.#options;
    const isFull = () => this.#storedBytes + this.#reservedBytes + bytes > maxTotalBytes;
    await this.#makeRoom(isFull);
    if (isFull()) return false;
    this.#reservedBytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#reservedBytes -= bytes;
  }

  temporaryPath = (): string =>
    join(this.#options.directory, UPLOAD_PREFIX + this.#ports.random.hex(16));

  /** Makes a whole upload the droplet of this name, in place of the one before. */
  async publish(name: string, sha256: string, bytes: number, temporary: string): Promise<Droplet> {
    const { directory, maxDroplets } = this.#options;
    const path = join(directory, `${name}@${sha256}`);
    await rename(temporary, path);
    const handle = await open(directory);
    try {
      // Only now the new name is sure to be there after a power cut.
      await handle.sync();
    } finally {
      await handle.close();
    }
    const before = this.#droplets.get(name);
    const droplet = { name, sha256, bytes, path, usedAtMs: this.#ports.clock.wallMs() };
    this.#set(droplet);
    if (before !== undefined && before.path !== path) await removeFile(before.path);
    await this.#makeRoom(() => this.#droplets.size > maxDroplets);
    return droplet;
  }

  /** False: there is none. Whoever reads the file just now reads it to its end. */
  async remove(name: string): Promise<boolean> {
    const droplet = this.#droplets.get(name);
    if (droplet === undefined) return false;
    this.#forget(droplet);
    await removeFile(droplet.path);
    return true;
  }

  #set(droplet: Droplet): void {
    const before = this.#droplets.get(droplet.name);
    this.#storedBytes += droplet.bytes - (before?.bytes ?? 0);
    this.#droplets.set(droplet.name, droplet);
  }

  #forget(droplet: Droplet): void {
    this.#droplets.delete(droplet.name);
    this.#storedBytes -= droplet.bytes;
  }

  /** Deletes droplets, those not used for longest first, while `isFull` and some may go. */
  async #makeRoom(isFull: () => boolean): Promise<void> {
    if (!isFull()) return;
    const { clock, log } = this.#ports;
    const keptSinceMs = clock.wallMs() - this.#options.keepMs;
    const old = this.list()
      .filter(({ usedAtMs }) => usedAtMs < keptSinceMs)
      .toSorted((one, other) => one.usedAtMs - other.usedAtMs);
    for (const droplet of old) {
      if (!isFull()) return;
      // It may have been used, or replaced, while another one was being deleted.
      if (this.#droplets.get(droplet.name) !== droplet) continue;
      this.#forget(droplet);
      await removeFile(droplet.path);
      log.info('file-server.droplet-collected', { name: droplet.name, bytes: droplet.bytes });
    }
  }
}
