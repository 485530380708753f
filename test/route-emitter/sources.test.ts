/** Lists from the wire: cut anywhere, broken anywhere (diego.md §1.1, §12.2). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ActualLRP,
  ActualLRPInstanceKey,
  ActualLRPKey,
  ActualLRPNetInfo,
  ActualLRPsResponse,
  PortMapping,
} from '../../src/model/bbs/messages/actual-lrp.ts';
import { ErrorMessage, ModificationTag } from '../../src/model/bbs/messages/common.ts';
import { DecodeError, decode } from '../../src/model/protobuf/decode.ts';
import { encode } from '../../src/model/protobuf/encode.ts';
import { RunningLRP } from '../../src/route-emitter/sources/bbs-messages.ts';
import { decodeActual } from '../../src/route-emitter/sources/decode-actual.ts';
import { UnreadableError } from '../../src/route-emitter/sources/lrp-source.ts';
import { readActual } from '../../src/route-emitter/sources/read-lrps.ts';
import { splitArray } from '../../src/route-emitter/sources/split-array.ts';
import { ListSplitter } from '../../src/route-emitter/sources/split-list.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const port = fc
  .record({
    container_port: uint32,
    host_port: uint32,
    container_tls_proxy_port: uint32,
    host_tls_proxy_port: uint32,
  })
  .map(PortMapping.create);

const actuals = fc
  .record({
    actual_lrp_key: fc
      .record({
        process_guid: text,
        index: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        domain: text,
      })
      .map(ActualLRPKey.create),
    actual_lrp_instance_key: fc
      .record({ instance_guid: text, cell_id: text })
      .map(ActualLRPInstanceKey.create),
    actual_lrp_net_info: fc
      .record({
        address: text,
        instance_address: text,
        instance_ipv6_address: text,
        preferred_address: fc.nat(3),
        ports: fc.array(port, { maxLength: 4 }),
      })
      .map(ActualLRPNetInfo.create),
    crash_count: fc.nat(),
    crash_reason: text,
    state: fc.constantFrom('RUNNING', 'CLAIMED', 'UNCLAIMED', 'CRASHED', ''),
    since: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    modification_tag: fc.record({ epoch: text, index: uint32 }).map(ModificationTag.create),
    presence: fc.nat(3),
    metric_tags: fc.dictionary(text, text).map((tags) => new Map(Object.entries(tags))),
    routable: fc.option(fc.boolean(), { nil: undefined }),
    availability_zone: text,
  })
  .map(ActualLRP.create);

describe('an actual LRP', () => {
  it('is read as the general decoder reads it', () => {
    fc.assert(
      fc.property(actuals, (actual) => {
        const bytes = Buffer.from(encode(ActualLRP, actual));
        expect(decodeActual(bytes)).toEqual(readActual(decode(RunningLRP, bytes)));
      }),
    );
  });

  it('that is broken off is refused, or read as the general decoder reads it', () => {
    fc.assert(
      fc.property(actuals, fc.nat(), (actual, cut) => {
        const whole = Buffer.from(encode(ActualLRP, actual));
        const bytes = whole.subarray(0, cut % (whole.length + 1));
        const outcome = (read: () => unknown) => {
          try {
            return read();
          } catch (error) {
            return error instanceof DecodeError ? 'refused' : error;
          }
        };
        const own = outcome(() => decodeActual(bytes));
        const general = outcome(() => readActual(decode(RunningLRP, bytes)));
        // A text may be cut within a letter, which only the general decoder minds.
        if (general !== 'refused') expect(own).toEqual(general);
        else if (own !== 'refused') expect(JSON.stringify(own, bigints)).toContain('\ufffd');
      }),
    );
  });

  it('from random bytes ends in a refusal or a value, never in a bug', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeActual(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

const bigints = (_key: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value);

const listBytes = (rows: readonly ActualLRP[]) =>
  Buffer.from(encode(ActualLRPsResponse, ActualLRPsResponse.create({ actual_lrps: rows })));

function split(chunks: readonly Buffer[]): Buffer[] {
  const records: Buffer[] = [];
  const splitter = new ListSplitter((record) => records.push(Buffer.from(record)));
  for (const chunk of chunks) splitter.add(chunk);
  splitter.end();
  return records;
}

describe('the list of a BBS', () => {
  it('is cut into its records, wherever the network cuts it', () => {
    const rows = fc.array(actuals, { maxLength: 8 });
    fc.assert(
      fc.property(rows, fc.array(fc.nat(400), { minLength: 1, maxLength: 30 }), (list, sizes) => {
        const bytes = listBytes(list);
        const chunks: Buffer[] = [];
        for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
          const size = 1 + (sizes[turn % sizes.length] ?? 0);
          chunks.push(bytes.subarray(start, start + size));
          start += size;
        }
        const wanted = list.map((row) => Buffer.from(encode(ActualLRP, row)).toString('hex'));
        expect(split(chunks).map((record) => record.toString('hex'))).toEqual(wanted);
      }),
    );
  });

  it.each<[string, Buffer]>([
    ['another message', Buffer.from('1a0101', 'hex')],
    ['a record that ends too early', Buffer.from('120501', 'hex')],
    ['a length without end', Buffer.from('12ffffffffffff', 'hex')],
    ['a record that cannot be', Buffer.from('12ffffffff0f', 'hex')],
  ])('that is %s is unreadable', (_name, bytes) => {
    expect(() => split([bytes])).toThrow(UnreadableError);
  });

  it('that is an error says which', () => {
    const error = ErrorMessage.create({ type: 27, message: 'could not deserialize record' });
    const bytes = encode(ActualLRPsResponse, ActualLRPsResponse.create({ error }));
    expect(() => split([Buffer.from(bytes)])).toThrow('could not deserialize record');
  });
});

const numbersIn = (json: string) => {
  const list = splitArray(Buffer.from(json), (value) => value);
  return list === undefined ? undefined : [list.length, [...list.items]];
};

describe('the list of a receptor', () => {
  it('is cut into its elements', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 2), (values, indent) => {
        const json = JSON.stringify(values, undefined, indent);
        expect(numbersIn(json)).toEqual([values.length, JSON.parse(json)]);
      }),
    );
  });

  it.each(['{}', '7', '', '[1', 'null'])('is not %j', (json) => {
    expect(numbersIn(json)).toBeUndefined();
  });

  it('with a bad element is unreadable', () => {
    const list = splitArray(Buffer.from('[1,,2]'), (value) => value);
    expect(() => [...(list?.items ?? [])]).toThrow(UnreadableError);
    const wrong = splitArray(Buffer.from('[1]'), () => undefined);
    expect(() => [...(wrong?.items ?? [])]).toThrow(UnreadableError);
  });
});
