import { openRegular } from './actions/transfer.ts';
import { ownFile } from './actions/upload.ts';
import type { ContainerPaths } from './container-paths.ts';
import { EXECUTOR_LIMITS } from './options.ts';

async function readBounded(path: string): Promise<string | undefined> {
  const { file } = await openRegular(path);
  try {
    const { resultFileBytes } = EXECUTOR_LIMITS;
    const buffer = Buffer.alloc(resultFileBytes + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length > resultFileBytes) break;
    }
    return length > resultFileBytes ? undefined : buffer.toString('utf8', 0, length);
  } finally {
    await file.close();
  }
}

/** What a task leaves to be told. Undefined: not there, not a file, or above 50 KiB. */
export async function readResultFile(
  { root, inside }: ContainerPaths,
  path: string,
): Promise<string | undefined> {
  try {
    return await readBounded(await ownFile(root, inside(path)));
  } catch {
    return undefined;
  }
}
