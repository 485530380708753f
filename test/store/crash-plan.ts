export const WRITERS = 8;

/** Every seventh transaction is big, every eleventh has a hundred keys. */
export function keysOf(writer: number, number: number): string[] {
  const keys = [`w/${writer}/a`, `w/${writer}/b`];
  if (number % 11 === 0) {
    for (let index = 0; index < 98; index += 1) keys.push(`w/${writer}/many/${index}`);
  }
  return keys;
}

export const bodyOf = (number: number): Uint8Array =>
  new TextEncoder().encode(`${number} ${'x'.repeat(number % 7 === 0 ? 9_000 : number % 300)}`);

export const numberOf = (body: Uint8Array): number =>
  Number(new TextDecoder().decode(body.subarray(0, 20)).split(' ')[0]);
