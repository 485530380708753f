import { randomBytes, randomFillSync } from 'node:crypto';
import type { Random } from '../../ports/random.ts';

const UUID_BYTES = 16;
/** Fetched at a time: asking the system for each id would cost more than the id. */
const POOL_BYTES = 65_536;
const HEX = Array.from({ length: 256 }, (_none, byte) => byte.toString(16).padStart(2, '0'));

/** Version 4 (RFC 9562 §5.4), each from bytes that are used once. */
function createUuids(): () => string {
  const pool = Buffer.alloc(POOL_BYTES);
  let at = POOL_BYTES;
  return () => {
    if (at === POOL_BYTES) {
      randomFillSync(pool);
      at = 0;
    }
    const hex = (index: number): string => HEX[pool[at + index] as number] as string;
    const version = HEX[((pool[at + 6] as number) & 0x0f) | 0x40] as string;
    const variant = HEX[((pool[at + 8] as number) & 0x3f) | 0x80] as string;
    const text =
      `${hex(0)}${hex(1)}${hex(2)}${hex(3)}-${hex(4)}${hex(5)}-${version}${hex(7)}-` +
      `${variant}${hex(9)}-${hex(10)}${hex(11)}${hex(12)}${hex(13)}${hex(14)}${hex(15)}`;
    pool.fill(0, at, at + UUID_BYTES);
    at += UUID_BYTES;
    return text;
  };
}

/** Chance from the operating system; ids made of it cannot be guessed. */
export function createSystemRandom(): Random {
  return {
    next: () => Math.random(),
    below: (limit) => Math.floor(Math.random() * limit),
    hex: (bytes) => randomBytes(bytes).toString('hex'),
    uuid: createUuids(),
  };
}
