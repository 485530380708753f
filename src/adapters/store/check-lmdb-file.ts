/**
 * Looks whether an LMDB file is sound before LMDB maps it: LMDB trusts its pages, and a page beyond
 * the end of a cut file kills the process with SIGBUS. Values are covered by their own checksums
 * (lmdb-records.ts). The layout is that of `mdb.c` in the package `lmdb`, data version 2.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const MAGIC = 0xbeefc0de;
const VERSION = 2;
const PAGE_HEAD = 24;
const NODE_HEAD = 8;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
const META = 8;
const BIG_DATA = 1;
const SUB_DATABASE = 2;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

class Damage extends Error {}

interface Tree {
  readonly depth: number;
  readonly pages: readonly bigint[];
  readonly entries: bigint;
  readonly root: bigint;
}

interface Meta {
  readonly pageSize: number;
  readonly trees: readonly Tree[];
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

function readTree(bytes: Buffer, at: number): Tree {
  return {
    depth: bytes.readUInt16LE(at + 6),
    pages: [8, 16, 24].map((offset) => bytes.readBigUInt64LE(at + offset)),
    entries: bytes.readBigUInt64LE(at + 32),
    root: bytes.readBigUInt64LE(at + 40),
  };
}

function readMeta(page: Buffer): Meta {
  const isMeta = (page.readUInt16LE(18) & META) !== 0 && page.readUInt32LE(24) === MAGIC;
  if (!isMeta || (page.readUInt32LE(28) & 0xffff) !== VERSION) {
    throw new Damage('this is not a store, or its first pages are damaged');
  }
  return {
    pageSize: page.readUInt32LE(48),
    trees: [readTree(page, 48), readTree(page, 96)],
    lastPage: page.readBigUInt64LE(144),
    transaction: page.readBigUInt64LE(152),
  };
}

class FileWalk {
  readonly #file: number;
  readonly #size: number;
  readonly #seen = new Set<bigint>();
  #meta: Meta;
  /** Of the tree in hand: branch, leaf and overflow pages, and entries. */
  #counts = [0n, 0n, 0n, 0n];

  constructor(file: number) {
    this.#file = file;
    this.#size = fstatSync(file).size;
    const first = readMeta(this.#read(0, 256));
    if (first.pageSize < 512 || first.pageSize > 65_536) throw new Damage('odd page size');
    const second = readMeta(this.#read(first.pageSize, 256));
    if (second.pageSize !== first.pageSize) throw new Damage('two page sizes');
    this.#meta = first.transaction > second.transaction ? first : second;
  }

  run(): void {
    for (const tree of this.#meta.trees) this.#checkTree(tree);
  }

  #read(at: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    if (readSync(this.#file, bytes, 0, length, at) !== length) {
      throw new Damage(`the file ends at ${this.#size}, before byte ${at + length}`);
    }
    return bytes;
  }

  #page(number: bigint, length: number): Buffer {
    if (number < 2n || number > this.#meta.lastPage) throw new Damage(`no page ${number}`);
    if (this.#seen.has(number)) throw new Damage(`page ${number} is used twice`);
    this.#seen.add(number);
    const page = this.#read(Number(number) * this.#meta.pageSize, length);
    if (page.readBigUInt64LE(0) !== number) throw new Damage(`page ${number} has another number`);
    return page;
  }

  #checkTree(tree: Tree): void {
    if (tree.root === NO_PAGE) return;
    const outer = this.#counts;
    this.#counts = [0n, 0n, 0n, 0n];
    this.#walk(tree.root, tree.depth);
    const expected = [...tree.pages, tree.entries];
    if (this.#counts.some((count, index) => count !== expected[index])) {
      throw new Damage('a tree does not have the pages that it should have');
    }
    this.#counts = outer;
  }

  #count(index: number, by = 1n): void {
    this.#counts[index] = (this.#counts[index] ?? 0n) + by;
  }

  #walk(number: bigint, depth: number): void {
    const { pageSize } = this.#meta;
    const page = this.#page(number, pageSize);
    const isLeaf = depth === 1;
    if (depth < 1 || page.readUInt16LE(18) !== (isLeaf ? LEAF : BRANCH)) {
      throw new Damage(`page ${number} is of the wrong kind`);
    }
    const lower = page.readUInt16LE(20);
    const upper = page.readUInt16LE(22);
    const isSound = lower % 2 === 0 && lower <= upper && upper + PAGE_HEAD <= pageSize;
    if (!isSound) throw new Damage(`page ${number} has odd bounds`);
    this.#count(isLeaf ? 1 : 0);
    for (let at = PAGE_HEAD; at < PAGE_HEAD + lower; at += 2) {
      const node = PAGE_HEAD + page.readUInt16LE(at);
      if (node < PAGE_HEAD + upper || node + NODE_HEAD > pageSize) {
        throw new Damage(`page ${number} has an odd node`);
      }
      if (isLeaf) this.#checkLeafNode(page, node, number);
      else this.#walk(BigInt(page.readUIntLE(node, 6)), depth - 1);
    }
  }

  #checkLeafNode(page: Buffer, node: number, number: bigint): void {
    this.#count(3);
    const size = page.readUInt32LE(node);
    const flags = page.readUInt16LE(node + 4);
    const data = node + NODE_HEAD + page.readUInt16LE(node + 6);
    const inPage = (flags & BIG_DATA) !== 0 ? 24 : size;
    if (flags > 3 || data + inPage > page.length) throw new Damage(`page ${number}: odd entry`);
    if ((flags & BIG_DATA) !== 0) this.#checkOverflow(page, data, size);
    if ((flags & SUB_DATABASE) !== 0) this.#checkTree(readTree(page, data));
  }

  #checkOverflow(page: Buffer, at: number, size: number): void {
    const first = page.readBigUInt64LE(at);
    const pages = page.readBigUInt64LE(at + 16);
    const needed = Math.floor((PAGE_HEAD - 1 + size) / this.#meta.pageSize) + 1;
    const head = this.#page(first, PAGE_HEAD);
    // LMDB may leave a value that shrank within one transaction on the pages that it had.
    const isSound = pages >= BigInt(needed) && BigInt(head.readUInt32LE(20)) === pages;
    if (head.readUInt16LE(18) !== OVERFLOW || !isSound) {
      throw new Damage(`page ${first} does not begin a big value`);
    }
    if (Number(first + pages) * this.#meta.pageSize > this.#size) {
      throw new Damage('the file ends within a value');
    }
    for (let number = first + 1n; number < first + pages; number += 1n) {
      if (this.#seen.has(number)) throw new Damage(`page ${number} is used twice`);
      this.#seen.add(number);
    }
    this.#count(2, pages);
  }
}

/** What is wrong with the file; undefined when it is sound, or not there yet. */
export function damageOf(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    if (fstatSync(file).size > 0) new FileWalk(file).run();
    return undefined;
  } catch (error) {
    if (error instanceof Damage) return error.message;
    throw error;
  } finally {
    closeSync(file);
  }
}
