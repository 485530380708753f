import { readFileSync } from 'node:fs';
import type { Route } from '../../../src/bbs/http/route.ts';
import type { BodyFormat } from '../../../src/bbs/http/run-operation.ts';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import type { Field, MessageType } from '../../../src/model/protobuf/fields.ts';
import { toJson } from '../../../src/model/protobuf/json.ts';
import type { Random } from '../../../src/ports/random.ts';

type AnyType = MessageType<unknown>;

const WIRE = new URL('../../golden/diego/data/wire.jsonl', import.meta.url);
const NESTING = 3;
const WORDS = ['pg', 'dom', 'cell-a', 'ig', '/a', 'vcap', 'preloaded:cflinuxfs4', 'é', '__proto__'];
const NUMBERS = [0, 1, 2, 7, 100, 65_536, 2_147_483_647];

const anyOf = <T>(random: Random, items: readonly T[]): T => items[random.below(items.length)] as T;

interface WireLine {
  readonly exchanges: readonly { readonly request: { path: string; body_hex?: string } }[];
}

/** Recorded requests of the original's client, by path. */
export function recordedBodies(): ReadonlyMap<string, readonly Buffer[]> {
  const bodies = new Map<string, Buffer[]>();
  for (const line of readFileSync(WIRE, 'utf8').split('\n')) {
    if (line === '') continue;
    for (const { request } of (JSON.parse(line) as WireLine).exchanges) {
      const { path, body_hex: hex } = request;
      // A callback would leave this machine.
      if (hex === undefined || Buffer.from(hex, 'hex').includes('http')) continue;
      const own = bodies.get(path) ?? [];
      own.push(Buffer.from(hex, 'hex'));
      bodies.set(path, own);
    }
  }
  return bodies;
}

function anyValue(random: Random, field: Field<unknown>, depth: number): unknown {
  switch (field.kind) {
    case 'message':
      return anyMessage(random, field.type?.() as AnyType, depth + 1);
    case 'string':
      return anyOf(random, WORDS);
    case 'bytes':
      return Buffer.from(anyOf(random, WORDS));
    case 'bool':
      return random.below(2) === 0;
    case 'int64':
    case 'uint64':
      return BigInt(anyOf(random, NUMBERS));
    default:
      return anyOf(random, NUMBERS);
  }
}

/** Right by the table, whatever it says. */
function anyMessage(random: Random, type: AnyType, depth = 0): unknown {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(type.fields)) {
    const isLeftOut = random.below(4) === 0 || name === 'completion_callback_url';
    if (isLeftOut || (field.kind === 'message' && depth >= NESTING)) continue;
    if (field.label === 'map') {
      const own = field.value ?? field;
      values[name] = new Map([[anyOf(random, WORDS), anyValue(random, own, depth)]]);
    } else if (field.label === 'repeated') {
      const { length } = Array.from({ length: random.below(3) });
      values[name] = Array.from({ length }, () => anyValue(random, field, depth));
    } else values[name] = anyValue(random, field, depth);
  }
  return type.create(values);
}

type Mutation = (random: Random, body: Buffer, other: Buffer) => Buffer;

const cut = (random: Random, body: Buffer): Buffer =>
  body.subarray(0, random.below(body.length + 1));

function flip(random: Random, body: Buffer): Buffer {
  const changed = Buffer.from(body);
  for (let count = 1 + random.below(4); count > 0 && changed.length > 0; count -= 1) {
    const at = random.below(changed.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
  }
  return changed;
}

/** `with` in place of some bytes at any place. */
function overwrite(random: Random, body: Buffer, own: Buffer): Buffer {
  const at = random.below(body.length + 1);
  return Buffer.concat([body.subarray(0, at), own, body.subarray(at + random.below(4))]);
}

const MUTATIONS: readonly Mutation[] = [
  (_random, body) => body,
  cut,
  flip,
  flip,
  (random, body, other) => Buffer.concat([cut(random, body), other.subarray(random.below(9))]),
  // Lengths of nearly 2^32 and 2^64.
  (random, body) => overwrite(random, body, Buffer.from('ffffffff0f', 'hex')),
  (random, body) => overwrite(random, body, Buffer.from('ffffffffffffffffff01', 'hex')),
  // Not UTF-8.
  (random, body) => overwrite(random, body, Buffer.from('c328ff', 'hex')),
  (random) => Buffer.from(Array.from({ length: random.below(64) }, () => random.below(256))),
  // Other wire types of the same fields.
  (random, body) => {
    const changed = Buffer.from(body);
    if (changed.length > 0) changed[0] = ((changed[0] ?? 0) & 0xf8) | random.below(8);
    return changed;
  },
  // A message in a message in a message.
  (random, body) => {
    let nested = body.subarray(0, 8);
    const tag = ((1 + random.below(9)) << 3) | 2;
    for (let depth = random.below(60); depth > 0; depth -= 1) {
      nested = Buffer.concat([Buffer.from([tag, nested.length & 0x7f]), nested]);
    }
    return nested;
  },
  (random) => Buffer.alloc(2 * (1 + random.below(20_000)), Buffer.from([0x3a, 0x7f])),
];

const JSON_VALUES = ['null', '[]', '{}', '"x"', '-1', '1e999', 'true', '[[[]]]', '{"a":{}}'];

const JSON_MUTATIONS: readonly Mutation[] = [
  ...MUTATIONS.slice(0, 5),
  (random, body) => {
    const text = body.toString('utf8');
    const values = [...text.matchAll(/:("[^"]*"|\d+|true|false)/g)];
    const hit = values[random.below(values.length)];
    if (hit === undefined) return body;
    const end = hit.index + hit[0].length;
    return Buffer.from(
      `${text.slice(0, hit.index)}:${anyOf(random, JSON_VALUES)}${text.slice(end)}`,
    );
  },
  (random) => Buffer.from('['.repeat(1 + random.below(100_000))),
  (random) => Buffer.from('{"action":'.repeat(1 + random.below(5_000))),
  (random) => Buffer.from(`{"__proto__":${anyOf(random, JSON_VALUES)},"constructor":1}`),
  (random) => Buffer.from(anyOf(random, JSON_VALUES)),
  (random, body) => overwrite(random, body, Buffer.from('c328ff', 'hex')),
];

export interface HostileBody {
  readonly body: Buffer;
  readonly format: BodyFormat;
}

/** Many instances are no defect of a request, and take their time. */
function isLarge(route: Route, body: Buffer): boolean {
  try {
    const request = decode(route.request, body) as {
      readonly desired_lrp?: { readonly instances: number };
      readonly update?: { readonly instances?: number };
    };
    return (request.desired_lrp?.instances ?? request.update?.instances ?? 0) > 20;
  } catch {
    return false;
  }
}

const isLargeJson = (body: Buffer): boolean => /"instances":\s*\d\d/.test(body.toString('utf8'));

export function createHostileBodies(random: Random): (route: Route) => HostileBody {
  const recorded = recordedBodies();
  const all = [...recorded.values()].flat();
  const valid = (route: Route): Buffer => {
    const own = recorded.get(route.path) ?? [];
    if (own.length > 0 && random.below(3) > 0) return anyOf(random, own);
    return encode(route.request, anyMessage(random, route.request));
  };
  const asJson = (route: Route): Buffer => {
    const message = anyMessage(random, route.request);
    return Buffer.from(JSON.stringify(toJson(route.request, message)));
  };
  return (route) => {
    for (;;) {
      const format = random.below(4) === 0 ? 'json' : 'protobuf';
      const isJson = format === 'json';
      const own = isJson ? asJson(route) : valid(route);
      const mutation = anyOf(random, isJson ? JSON_MUTATIONS : MUTATIONS);
      const body = mutation(random, own, isJson ? asJson(route) : anyOf(random, all));
      if (!(isJson ? isLargeJson(body) : isLarge(route, body))) return { body, format };
    }
  };
}
