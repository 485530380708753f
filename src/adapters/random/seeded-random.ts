import type { Random } from '../../ports/random.ts';

const HEX = '0123456789abcdef';

/** Formats 32 hex digits as a version 4 UUID with the RFC 9562 variant. */
function formatUuid(hex: string): string {
  const variant = HEX[8 + (Number.parseInt(hex.charAt(16), 16) & 3)] ?? '8';
  return (
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-` +
    `${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  );
}

/** mulberry32: small, fast, and the same sequence for the same seed. Not for secrets. */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const hex = (bytes: number): string => {
    let text = '';
    for (let index = 0; index < bytes * 2; index += 1) text += HEX[below(16)];
    return text;
  };
  return { next, below, hex, uuid: () => formatUuid(hex(16)) };
}
