import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import { openLmdbStore } from '../../src/adapters/store/lmdb-store.ts';
import { value } from './contract/kit.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const works = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const canMount = works('unshare', '-m', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /mnt');
const canTrace = works('strace', '-o', '/dev/null', 'true');

let directory = '';
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const run = (command: string, args: readonly string[]) =>
  JSON.parse(
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );

it.skipIf(!canMount)(
  'a full disk refuses writes, keeps what it has, and takes writes again',
  () => {
    const mount = 'mount -t tmpfs -o size=4m tmpfs "$0" && exec "$1" "$2" "$0"';
    const args = [directory, process.execPath, script('./disk-full-writer.ts')];
    const told = run('unshare', ['-m', 'sh', '-c', mount, ...args]);
    expect(told).toMatchObject({
      whenFull: { refusal: 'read-only', again: 'read-only', keepsAll: true },
      small: 'ok',
      leased: 'ended',
      keepsAll: true,
    });
    expect(told.whenFull.acked).toBeGreaterThan(10);
    expect(told.answers).toContain('ok');
  },
);

it.skipIf(!canTrace)(
  'a failed sync is an unknown outcome, and the last write of this process',
  async () => {
    const inject = 'inject=fdatasync,fsync,msync:error=EIO:when=40+';
    const trace = [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      'trace=fdatasync,fsync,msync',
      '-e',
      inject,
    ];
    const writer = [process.execPath, script('./disk-error-writer.ts'), directory];
    const told = run('strace', [...trace, ...writer]);
    expect(told).toMatchObject({ failed: 'unknown-outcome', later: 'read-only' });
    expect(told.acked).toBeGreaterThan(5);
    expect(told.listed).toBe(told.acked);
    const store = value(await openLmdbStore({ clock: createVirtualClock(), directory }));
    const { kvs } = value(await store.range('k'));
    await store.close();
    // The write without an outcome may be there or not; no other may differ.
    expect([told.acked, told.acked + 1]).toContain(kvs.length);
  },
);
