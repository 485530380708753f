import { randomBytes, randomUUID } from 'node:crypto';
import type { Random } from '../../ports/random.ts';

/** Chance from the operating system; ids made of it cannot be guessed. */
export function createSystemRandom(): Random {
  return {
    next: () => Math.random(),
    below: (limit) => Math.floor(Math.random() * limit),
    hex: (bytes) => randomBytes(bytes).toString('hex'),
    uuid: () => randomUUID(),
  };
}
