/** Where the files of a container are: its root is a directory of the cell. */
import { createHash } from 'node:crypto';
import { join, normalize } from 'node:path';

/** As the home of the user `vcap` is inside of a real container. */
const HOME = '/home/vcap';

export interface ContainerPaths {
  readonly root: string;
  readonly home: string;
  readonly temporary: string;
  /** A path of the container as one of the host; what is relative begins at the home. */
  inside(path: string): string;
}

/** A name that is safe as one part of a path, and the same for the same guid. */
export const directoryName = (guid: string): string =>
  /^[\w-]{1,200}$/.test(guid) ? guid : createHash('sha256').update(guid).digest('hex');

/** No path leads out of the root by its text; links are another matter. */
export function containerPaths(cellDirectory: string, name: string): ContainerPaths {
  const root = join(cellDirectory, name);
  const inside = (path: string): string => {
    // Seen from the top, `..` ends at the top.
    const whole = normalize(path.startsWith('/') ? path : `${HOME}/${path}`);
    return join(root, whole);
  };
  return { root, home: join(root, HOME), temporary: join(root, 'tmp'), inside };
}
