/** The files of the page: built from `inspector-ui`, and the drawings of `docs/machines`. */
import { readFileSync } from 'node:fs';

const BUILT = new URL('../../node_modules/.cache/troupe-inspector/', import.meta.url);
const DRAWINGS = new URL('../../docs/machines/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
};

export interface PageFile {
  readonly contentType: string;
  readonly bytes: Buffer;
}

export interface PageFiles {
  /** Undefined: there is no such file. `isBuilt` tells whether there is a page at all. */
  page(name: string): PageFile | undefined;
  drawing(machine: string): PageFile | undefined;
}

/** Read when first asked for; a page that is built later is found then. */
export function createPageFiles(isMachine: (id: string) => boolean): PageFiles {
  const known = new Map<string, PageFile>();
  const read = (url: URL, contentType: string): PageFile | undefined => {
    const found = known.get(url.href);
    if (found !== undefined) return found;
    try {
      const file = { contentType, bytes: readFileSync(url) };
      known.set(url.href, file);
      return file;
    } catch {
      return undefined;
    }
  };
  return {
    page(name) {
      const contentType = TYPES[name];
      return contentType === undefined ? undefined : read(new URL(name, BUILT), contentType);
    },
    // Only names of machines become paths.
    drawing: (machine) =>
      isMachine(machine) ? read(new URL(`${machine}.svg`, DRAWINGS), 'image/svg+xml') : undefined,
  };
}
