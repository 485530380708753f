/** What must hold for the readers of the engine `wire` whatever the bytes are. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { CHUNKED, type Framing, UNTIL_CLOSE } from '../../../src/router/http/wire/body-reader.ts';
import { readRequestHead } from '../../../src/router/http/wire/read-request-head.ts';
import { readResponseHead } from '../../../src/router/http/wire/read-response-head.ts';
import { chunkedBytes, cuts, goodChunks, requestBytes, responseBytes } from './fuzz-inputs.ts';
import { readBody, readConnection, segmentsOf } from './read-in-segments.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const eachByte = (bytes: Buffer): Buffer[] => [...bytes].map((byte) => Buffer.from([byte]));

function sameBody(framing: Framing, bytes: Buffer, places: readonly number[]): void {
  const whole = readBody(framing, [bytes]);
  for (const segments of [segmentsOf(bytes, places), eachByte(bytes)]) {
    const cut = readBody(framing, segments);
    // Where reading stopped at a fault means nothing: nothing behind it is used.
    const taken = whole.fault === undefined ? whole.taken : cut.taken;
    deepEqual(cut, { ...whole, taken });
  }
}

const framing: fc.Arbitrary<Framing> = fc.oneof(
  fc.constant(CHUNKED),
  fc.constant(UNTIL_CLOSE),
  fc.nat(60).map((length): Framing => ({ kind: 'length', length })),
);

const HEADER_KEY = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** A head that is taken has no character that could begin another line. */
function isClean(headers: {
  readonly keys: readonly string[];
  readonly values: readonly string[];
}) {
  ok(headers.keys.every((key) => HEADER_KEY.test(key)));
  ok(headers.values.every((value) => !/[\r\n\0]/.test(value)));
}

export const READER_PROPERTIES: Readonly<Record<string, fc.IRawProperty<unknown>>> = {
  'a body is read alike in any segments': fc.property(
    chunkedBytes,
    framing,
    cuts,
    (text, how, at) => sameBody(how, bytesOf(text), at),
  ),
  'reading stops at the end of a chunked body': fc.property(
    goodChunks,
    fc.string({ unit: 'binary-ascii', maxLength: 30 }),
    cuts,
    (text, behind, at) => {
      const read = readBody(CHUNKED, segmentsOf(bytesOf(text + behind), at));
      equal(read.fault, undefined);
      equal(read.taken, text.length);
    },
  ),
  'reading stops at the length of a body': fc.property(
    fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 50 }),
    fc.nat(50),
    cuts,
    (text, length, at) => {
      const read = readBody({ kind: 'length', length }, segmentsOf(bytesOf(text), at));
      equal(read.content, text.slice(0, length));
      equal(read.isDone, text.length >= length);
    },
  ),
  'a connection is read alike in any segments': fc.property(requestBytes, cuts, (text, at) => {
    const bytes = bytesOf(text.replaceAll('{host}', 'a.test'));
    const whole = readConnection([bytes]);
    deepEqual(readConnection(segmentsOf(bytes, at)), whole);
    deepEqual(readConnection(eachByte(bytes)), whole);
  }),
  'a request head is a value, whatever the bytes': fc.property(requestBytes, (text) => {
    const read = readRequestHead(`${text}\r\n\r\n`);
    if (!('fault' in read)) isClean(read.headers);
  }),
  'an answer head is a value, whatever the bytes': fc.property(responseBytes, (text) => {
    const read = readResponseHead(`${text}\r\n\r\n`);
    if (typeof read !== 'string') isClean(read.headers);
  }),
};
