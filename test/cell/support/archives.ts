/** Archives for tests, good ones and bad ones, written header by header. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

export interface Entry {
  readonly path: string;
  readonly text?: string;
  /** A symbolic link to there. */
  readonly link?: string;
  /** A hard link to there. */
  readonly hardLink?: string;
  readonly mode?: number;
}

const BLOCK = 512;

function header({ path, text = '', link, hardLink, mode = 0o644 }: Entry): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number): string =>
    `${value.toString(8).padStart(length - 1, '0')}\0`;
  block.write(path, 0, 100, 'utf8');
  block.write(octal(mode, 8), 100, 'latin1');
  block.write(octal(0, 8), 108, 'latin1');
  block.write(octal(0, 8), 116, 'latin1');
  block.write(octal(Buffer.byteLength(text), 12), 124, 'latin1');
  block.write(octal(0, 12), 136, 'latin1');
  block.write('        ', 148, 'latin1');
  const type =
    link !== undefined ? '2' : hardLink !== undefined ? '1' : path.endsWith('/') ? '5' : '0';
  block.write(type, 156, 'latin1');
  block.write(link ?? hardLink ?? '', 157, 100, 'utf8');
  block.write('ustar\0' + '00', 257, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(octal(sum, 7), 148, 'latin1');
  return block;
}

export function tarOf(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const data = Buffer.from(entry.text ?? '');
    const padding = Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK);
    return [header(entry), data, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

export const tgzOf = (entries: readonly Entry[]): Buffer => gzipSync(tarOf(entries));

export const sumOf = (algorithm: string, data: Buffer): string =>
  createHash(algorithm).update(data).digest('hex');
