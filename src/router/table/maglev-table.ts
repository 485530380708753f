import type { PoolMember } from './pool.ts';

// Primes. The first is gorouter's (gorouter.md §4.4); Maglev wants about a hundred slots for
// each endpoint, so that shares differ by a percent at most.
const SMALL_TABLE_SIZE = 3001;
const LARGE_TABLE_SIZE = 65_537;
const SMALL_TABLE_MAX_MEMBERS = 30;

/**
 * A consistent-hash table after Eisenbud et al., "Maglev" (NSDI 2016) §3.4: slot → index of a
 * member. Equal slots for all members, and few slots change hands when one comes or goes.
 */
export interface MaglevTable {
  readonly slots: Int32Array;
}

export function buildMaglevTable(members: readonly PoolMember[]): MaglevTable {
  const isSmall = members.length <= SMALL_TABLE_MAX_MEMBERS;
  const size = isSmall ? SMALL_TABLE_SIZE : LARGE_TABLE_SIZE;
  const slots = new Int32Array(size).fill(-1);
  if (members.length === 0) return { slots };
  const walks = members.map(({ endpoint }) => {
    const id = endpoint.privateInstanceId === '' ? endpoint.address : endpoint.privateInstanceId;
    return { next: hashText(id, size), step: hashText(`${id} step`, size - 1) + 1 };
  });
  let filled = 0;
  while (filled < size) {
    for (const [index, walk] of walks.entries()) {
      if (filled === size) break;
      while (slots[walk.next] !== -1) walk.next = (walk.next + walk.step) % size;
      slots[walk.next] = index;
      filled += 1;
    }
  }
  return { slots };
}

export function slotOfValue(table: MaglevTable, value: string): number {
  return hashText(value, table.slots.length);
}

/** FNV-1a, 64 bits as two halves, over the UTF-16 code units' bytes; then modulo `limit`. */
function hashText(text: string, limit: number): number {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    low = (low ^ code) >>> 0;
    // times 2^40 + 0x1b3
    const product = low * 0x1b3;
    const carry = Math.floor(product / 0x1_0000_0000);
    high = (Math.imul(high, 0x1b3) + carry + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  // Below 2^17 * 2^17, so all exact.
  return ((high % limit) * (0x1_0000_0000 % limit) + (low % limit)) % limit;
}
