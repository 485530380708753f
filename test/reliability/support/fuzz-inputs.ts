/** Bytes that look like HTTP, nearly: from pieces, from noise, and from the corpus with changes. */
import fc from 'fast-check';
import { expandBytes, REQUEST_ROWS, RESPONSE_ROWS } from '../corpus/load-corpus.ts';

/** Rows of large repetition teach nothing here and cost much. */
const MAX_SEED_BYTES = 1500;

const PIECES = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  ' ',
  '\t',
  ':',
  ';',
  '0',
  '5',
  'a',
  'ffffffff',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  'GET / HTTP/1.1\r\n',
  'POST /x HTTP/1.1\r\n',
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.0',
  'Host: {host}\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  'Connection: Upgrade\r\nUpgrade: websocket\r\n',
  'Expect: 100-continue\r\n',
  'X-A: b\r\n',
  'hello',
  '\0',
  '\x85',
  '\xa0',
  '\xff',
] as const;

const noise = fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const piece = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...PIECES) }, noise);
const pieces = fc.array(piece, { maxLength: 25 }).map((parts) => parts.join(''));

const seedsOf = (rows: readonly { readonly bytes: string }[]): readonly string[] =>
  rows.map(({ bytes }) => expandBytes(bytes, '{host}')).filter(isSmall);

const isSmall = (text: string): boolean => text.length <= MAX_SEED_BYTES;

const change = fc.record({
  at: fc.nat(),
  removed: fc.nat(12),
  put: fc.oneof(piece, fc.constant('')),
});

/** `text` with some of it replaced in up to four places. */
const changed = (seeds: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...seeds), fc.array(change, { maxLength: 4 })).map(([seed, changes]) =>
    changes.reduce((text, { at, removed, put }) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + removed);
    }, seed),
  );

const REQUEST_SEEDS = seedsOf(REQUEST_ROWS);

/** For a routed host put `{host}` in place. */
export const requestBytes: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: changed(REQUEST_SEEDS) },
  { weight: 1, arbitrary: fc.tuple(changed(REQUEST_SEEDS), changed(REQUEST_SEEDS)).map(joined) },
  { weight: 1, arbitrary: pieces },
);

function joined([first, second]: readonly [string, string]): string {
  return first + second;
}

export const responseBytes: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: changed(seedsOf(RESPONSE_ROWS)) },
  { weight: 1, arbitrary: pieces },
);

const chunk = fc
  .string({ unit: 'binary-ascii', minLength: 1, maxLength: 20 })
  .map((text) => `${text.length.toString(16)}\r\n${text}\r\n`);
/** Bodies in chunks, most of them whole. */
export const goodChunks: fc.Arbitrary<string> = fc
  .tuple(fc.array(chunk, { maxLength: 6 }), fc.constantFrom('', 'X-A: 1\r\n', 'A:\r\nB: c\r\n'))
  .map(([chunks, trailers]) => `${chunks.join('')}0\r\n${trailers}\r\n`);

export const chunkedBytes: fc.Arbitrary<string> = fc.oneof(
  goodChunks,
  pieces,
  fc.tuple(goodChunks, fc.array(change, { maxLength: 3 })).map(([seed, changes]) =>
    changes.reduce((text, { at, removed, put }) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + removed);
    }, seed),
  ),
);

/** Where bytes are cut into segments. */
export const cuts: fc.Arbitrary<number[]> = fc.array(fc.nat(3000), { maxLength: 12 });
