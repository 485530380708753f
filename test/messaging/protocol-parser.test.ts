import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolParser, type ProtocolSink } from '../../src/messaging/broker/protocol-parser.ts';

/** Keeps what the parser told, with copies of the payloads. */
class RecordingSink implements ProtocolSink {
  readonly mustConnectFirst = false;
  readonly operations: unknown[] = [];

  #add(...operation: unknown[]): boolean {
    this.operations.push(operation);
    return true;
  }

  onConnect = (json: string): boolean => this.#add('CONNECT', json);
  onPublishHead: ProtocolSink['onPublishHead'] = (head, isHeader) =>
    this.#add('head', { ...head }, isHeader);
  onPublish: ProtocolSink['onPublish'] = (head, payload) =>
    this.#add('PUB', head.subject, payload.toString('latin1'));
  onSubscribe: ProtocolSink['onSubscribe'] = (...args) => this.#add('SUB', ...args);
  onUnsubscribe: ProtocolSink['onUnsubscribe'] = (...args) => this.#add('UNSUB', ...args);
  onPing = (): boolean => this.#add('PING');
  onPong = (): boolean => this.#add('PONG');
  onInfo = (json: string): boolean => this.#add('INFO', json);
  onProblem: ProtocolSink['onProblem'] = (problem) => {
    this.#add('problem', problem);
  };
}

const CONTROL_LINE_MAX_BYTES = 128;

/** As a connection does: after a problem nothing more is parsed. */
function parseChunks(chunks: readonly Buffer[]): unknown[] {
  const sink = new RecordingSink();
  const parser = new ProtocolParser(sink, CONTROL_LINE_MAX_BYTES);
  for (const chunk of chunks) {
    const last = sink.operations.at(-1);
    if (Array.isArray(last) && last[0] === 'problem') break;
    parser.parse(chunk);
  }
  return sink.operations;
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const length = lengths[index % lengths.length] ?? 1;
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

const token = fc.stringMatching(/^[a-zA-Z0-9_$*>é-]{1,8}$/);
const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
const blanks = fc.constantFrom(' ', '  ', '\t', ' \t ');
const lineEnd = fc.constantFrom('\r\n', '\n');
const payload = fc
  .uint8Array({ maxLength: 300 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const operation = fc.oneof(
  fc
    .tuple(subject, payload, blanks, lineEnd)
    .map(([to, data, gap, end]) => `PUB${gap}${to}${gap}${data.length}${end}${data}\r\n`),
  fc
    .tuple(subject, subject, payload)
    .map(
      ([to, reply, data]) =>
        `HPUB ${to} ${reply} ${Math.min(12, data.length)} ${data.length}\r\n${data}\r\n`,
    ),
  fc
    .tuple(subject, token, fc.nat(99), blanks, lineEnd)
    .map(([to, queue, sid, gap, end]) => `sub${gap}${to}${gap}${queue}${gap}${sid}${end}`),
  fc.tuple(fc.nat(99), fc.nat(9), lineEnd).map(([sid, max, end]) => `UNSUB ${sid} ${max}${end}`),
  fc.constantFrom('PING\r\n', 'pong\n', '+OK\r\n', 'CONNECT {"verbose":false}\r\n', 'INFO {}\r\n'),
);
const mutation = fc.tuple(fc.nat(2_000), fc.nat(255));

describe('protocol parser', () => {
  it('gives the same operations for any chunk boundaries', () => {
    fc.assert(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 8 }),
        fc.option(mutation, { nil: undefined }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }),
        (operations, change, lengths) => {
          const bytes = Buffer.from(operations.join(''), 'latin1');
          if (change !== undefined) bytes[change[0] % bytes.length] = change[1];
          const whole = parseChunks([bytes]);
          expect(whole.length).toBeGreaterThanOrEqual(0);
          expect(parseChunks(cut(bytes, lengths))).toEqual(whole);
          expect(parseChunks(cut(bytes, [1]))).toEqual(whole);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('reads every operation that was written', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 8 }), (operations) => {
        const isHeard = (text: string): boolean => !text.startsWith('+OK');
        const heads = operations.filter((text) => /^H?PUB/.test(text)).length;
        const expected = operations.filter(isHeard).length + heads;
        const seen = parseChunks([Buffer.from(operations.join(''), 'latin1')]);
        expect(seen.filter((entry) => Array.isArray(entry) && entry[0] === 'problem')).toEqual([]);
        expect(seen.length).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('hands a payload on as a slice of its chunk', () => {
    const chunk = Buffer.from('PUB foo 5\r\nhello\r\n');
    let seen: Buffer | undefined;
    const sink = new RecordingSink();
    sink.onPublish = (_, data) => {
      seen = data;
      return true;
    };
    new ProtocolParser(sink, CONTROL_LINE_MAX_BYTES).parse(chunk);
    expect(seen?.buffer).toBe(chunk.buffer);
    expect(seen?.byteOffset).toBe(chunk.byteOffset + 'PUB foo 5\r\n'.length);
  });

  it('stops when the sink says that the connection is over', () => {
    const sink = new RecordingSink();
    let pings = 0;
    sink.onPing = () => {
      pings += 1;
      return false;
    };
    new ProtocolParser(sink, CONTROL_LINE_MAX_BYTES).parse(Buffer.from('PING\r\nPING\r\n'));
    expect(pings).toBe(1);
  });
});
