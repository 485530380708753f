import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 512;

/**
 * What a directory takes of the disk, in bytes; what vanishes meanwhile does not count. Looks at
 * no more than `maxFiles` files. Never rejects, follows no links.
 */
export async function diskUsage(
  directory: string,
  maxFiles: number,
  signal: AbortSignal,
): Promise<number> {
  const linked = new Set<number>();
  const waiting = [directory];
  let files = 0;
  let bytes = 0;
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    try {
      for await (const entry of await opendir(path)) {
        files += 1;
        if (files > maxFiles || signal.aborted) return bytes;
        const own = join(path, entry.name);
        const found = await lstat(own).catch(() => undefined);
        if (found === undefined) continue;
        if (found.isDirectory()) waiting.push(own);
        if (found.nlink > 1 && !found.isDirectory()) {
          if (linked.has(found.ino)) continue;
          linked.add(found.ino);
        }
        bytes += found.blocks * BLOCK_BYTES;
      }
    } catch {
      // Removed while it was looked at.
    }
  }
  return bytes;
}
