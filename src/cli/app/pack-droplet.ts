/** Makes one archive of a directory: the droplet that cells download. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { create, replace } from 'tar';
import type { ExtraFile } from './detect-app.ts';

export interface PackedDroplet {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly files: number;
  /** Removes the archive. */
  dispose(): Promise<void>;
}

/** Never part of an app. */
const ALWAYS_LEFT_OUT = ['.git', '.troupe', '.DS_Store'];
const IGNORE_FILE = '.cfignore';

const escaped = (text: string): string => text.replaceAll(/[.+^$()|[\]{}\\]/g, '\\$&');

/** A pattern of an ignore file: `*` within one part, `**` over many, `/` at the start: the top. */
function patternOf(line: string): RegExp {
  const isAnchored = line.replace(/\/$/, '').includes('/');
  const body = escaped(line.replace(/^\//, '').replace(/\/$/, ''))
    .replaceAll('**/', '\u0000')
    .replaceAll('**', '\u0001')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
    .replaceAll('\u0000', '(?:.*/)?')
    .replaceAll('\u0001', '.*');
  return new RegExp(`^${isAnchored ? '' : '(?:.*/)?'}${body}(?:/.*)?$`);
}

/** True for what belongs into the droplet; paths are relative, without `./`. */
export function createFilter(ignoreText: string): (path: string) => boolean {
  const rules = ignoreText
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const isKept = line.startsWith('!');
      return { isKept, pattern: patternOf(isKept ? line.slice(1) : line) };
    });
  return (path) => {
    if (path === '' || path === '.') return true;
    if (path.split('/').some((part) => ALWAYS_LEFT_OUT.includes(part))) return false;
    let isKept = true;
    for (const rule of rules) {
      if (rule.pattern.test(path)) isKept = rule.isKept;
    }
    return isKept;
  };
}

function filterOf(directory: string): (path: string) => boolean {
  const path = join(directory, IGNORE_FILE);
  return createFilter(existsSync(path) ? readFileSync(path, 'utf8') : '');
}

async function addExtras(archive: string, workplace: string, extras: readonly ExtraFile[]) {
  for (const { name, content } of extras) await writeFile(join(workplace, name), content);
  const names = extras.map(({ name }) => name);
  if (names.length > 0) await replace({ file: archive, cwd: workplace, portable: true }, names);
}

/** Compresses and sums up in one go. */
async function compress(from: string, to: string): Promise<string> {
  const hash = createHash('sha256');
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(createReadStream(from), createGzip(), meter, createWriteStream(to));
  return hash.digest('hex');
}

/**
 * Packs what the ignore file does not leave out. Links stay links; owners and times of access are
 * not kept. Rejects when a file cannot be read.
 */
export async function packDroplet(
  directory: string,
  extras: readonly ExtraFile[],
): Promise<PackedDroplet> {
  const workplace = await mkdtemp(join(tmpdir(), 'troupe-push-'));
  const dispose = () => rm(workplace, { recursive: true, force: true });
  try {
    const plain = join(workplace, 'droplet.tar');
    const path = join(workplace, 'droplet.tgz');
    const isWanted = filterOf(directory);
    let files = 0;
    await create(
      {
        file: plain,
        cwd: directory,
        portable: true,
        filter: (entry, info) => {
          const isIn = isWanted(entry.replace(/^\.\/?/, ''));
          if (isIn && 'isFile' in info && info.isFile()) files += 1;
          return isIn;
        },
      },
      ['.'],
    );
    await addExtras(plain, workplace, extras);
    const sha256 = await compress(plain, path);
    const { size } = await stat(path);
    await rm(plain);
    return { path, sha256, bytes: size, files: files + extras.length, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
