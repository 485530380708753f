/**
 * Messages as JSON, for requests and answers of `Content-Type: application/json`.
 * Names are the proto's in lower snake case; 64-bit integers are text, enums names, maps objects,
 * bytes the text itself or `hex:…`; defaults are left out. Presence is kept: an embedded message
 * or an optional scalar that is there is written, whatever is in it.
 */
import { isUtf8 } from 'node:buffer';
import { MAX_DEPTH } from './decode.ts';
import { entryDefaultOf, type Field, type MessageType } from './fields.ts';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export interface JsonForm {
  /** `proto`: as the messages are declared (`Routable`); `snake`, the default: `routable`. */
  readonly names?: 'proto' | 'snake';
}

export type FromJson<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

type AnyType = MessageType<unknown>;
type AnyField = Field<unknown>;

/** `PlacementTags` → `placement_tags`; names in snake case stay as they are. */
export const snakeName = (name: string): string =>
  name.replace(/[A-Z]/g, (letter, at: number) => (at === 0 ? '' : '_') + letter.toLowerCase());

/** Sets a property of its own, whatever the key: `__proto__` is one like any other. */
function setOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

const HEX = 'hex:';

/** Text that begins like the mark of other bytes is written as those, so that it comes back. */
function textOfBytes(value: Uint8Array): string {
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const utf8 = isUtf8(text) ? text.toString('utf8') : undefined;
  return utf8 === undefined || utf8.startsWith(HEX) ? HEX + text.toString('hex') : utf8;
}

const nameOfNumber = ({ names = {} }: AnyField, number: number): string | number =>
  Object.entries(names).find(([, own]) => own === number)?.[0] ?? number;

function valueToJson(field: AnyField, value: unknown, form: JsonForm): Json {
  if (field.kind === 'message') return toJson(field.type?.() as AnyType, value, form);
  if (field.kind === 'bytes') return textOfBytes(value as Uint8Array);
  if (field.kind === 'enum') return nameOfNumber(field, value as number);
  return typeof value === 'bigint' ? value.toString() : (value as Json);
}

function mapToJson(field: AnyField, entries: ReadonlyMap<string, unknown>, form: JsonForm): Json {
  const json = {};
  for (const [key, value] of entries) {
    setOwn(json, key, valueToJson(field.value as AnyField, value, form));
  }
  return json;
}

function isAbsent(field: AnyField, value: unknown): boolean {
  if (value === undefined) return true;
  if (field.label === 'repeated') return (value as readonly unknown[]).length === 0;
  if (field.label === 'map') return (value as ReadonlyMap<string, unknown>).size === 0;
  if (field.label !== 'plain') return false;
  if (field.kind === 'bytes') return (value as Uint8Array).length === 0;
  return value === '' || value === 0 || value === 0n || value === false;
}

/** Of a whole message; JSON.stringify takes the result as it is. */
export function toJson<T>(type: MessageType<T>, message: T, form: JsonForm = {}): JsonObject {
  const source = message as Readonly<Record<string, unknown>>;
  const json: Record<string, Json> = {};
  for (const [name, field] of Object.entries(type.fields)) {
    const value = source[name];
    if (isAbsent(field, value)) continue;
    const key = form.names === 'proto' ? name : snakeName(name);
    if (field.label === 'repeated') {
      json[key] = (value as readonly unknown[]).map((own) => valueToJson(field, own, form));
    } else if (field.label === 'map') {
      json[key] = mapToJson(field, value as ReadonlyMap<string, unknown>, form);
    } else {
      json[key] = valueToJson(field, value, form);
    }
  }
  return json;
}

/** What stands in the way, at which place; it never leaves this file. */
class Problem extends Error {}

interface Place {
  readonly path: string;
  readonly depth: number;
}

const fail = ({ path }: Place, expected: string): never => {
  throw new Problem(`${path === '' ? 'the message' : path}: ${expected}`);
};

const inside = ({ path, depth }: Place, name: string): Place => ({
  path: path === '' ? name : `${path}.${name}`,
  depth,
});

const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

function integer(json: unknown, least: number, most: number, place: Place): number {
  if (typeof json === 'number' && Number.isInteger(json) && json >= least && json <= most) {
    return json === 0 ? 0 : json;
  }
  return fail(place, `an integer from ${least} to ${most} is expected`);
}

function bigInteger(json: unknown, isSigned: boolean, place: Place): bigint {
  const isText = typeof json === 'string' && /^-?\d{1,20}$/.test(json);
  if (isText || Number.isSafeInteger(json)) {
    const value = BigInt(json as string | number);
    const cut = isSigned ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
    if (cut === value) return value;
  }
  return fail(place, `${isSigned ? 'a' : 'an unsigned'} 64-bit integer is expected`);
}

function enumNumber(field: AnyField, json: unknown, place: Place): number {
  const { names = {} } = field;
  if (typeof json !== 'string') return integer(json, -0x8000_0000, 0x7fff_ffff, place);
  const number = Object.hasOwn(names, json) ? names[json] : undefined;
  return number ?? fail(place, `one of ${Object.keys(names).join(', ')} is expected`);
}

function bytesOf(json: unknown, place: Place): Uint8Array {
  // JSON within JSON: values of routes are JSON text.
  if (typeof json === 'object' && json !== null) return Buffer.from(compactText(json, place));
  if (typeof json !== 'string') return fail(place, 'text or JSON is expected');
  if (!json.startsWith(HEX)) return Buffer.from(wellFormed(json, place));
  const digits = json.slice(HEX.length);
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) {
    return fail(place, 'pairs of hexadecimal digits are expected after hex:');
  }
  return Buffer.from(digits, 'hex');
}

function compactText(json: object, place: Place): string {
  let depth = 0;
  for (let level: unknown[] = [json]; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) fail(place, 'nested too deeply');
    level = level.flatMap((own) =>
      typeof own === 'object' && own !== null ? Object.values(own) : [],
    );
  }
  return JSON.stringify(json);
}

/** Half of a surrogate pair cannot be written as UTF-8. */
const wellFormed = (text: string, place: Place): string =>
  text.isWellFormed() ? text : fail(place, 'well-formed text is expected');

function scalarOf(field: AnyField, json: unknown, place: Place): unknown {
  switch (field.kind) {
    case 'string':
      return typeof json === 'string' ? wellFormed(json, place) : fail(place, 'text is expected');
    case 'bool':
      return typeof json === 'boolean' ? json : fail(place, 'true or false is expected');
    case 'int32':
      return integer(json, -0x8000_0000, 0x7fff_ffff, place);
    case 'uint32':
      return integer(json, 0, 0xffff_ffff, place);
    case 'int64':
    case 'uint64':
      return bigInteger(json, field.kind === 'int64', place);
    case 'enum':
      return enumNumber(field, json, place);
    case 'bytes':
      return bytesOf(json, place);
    default:
      return messageOf(field.type?.() as AnyType, json, { ...place, depth: place.depth + 1 });
  }
}

function fieldOf(field: AnyField, json: unknown, place: Place): unknown {
  if (field.label === 'repeated') {
    if (!Array.isArray(json)) return fail(place, 'an array is expected');
    return json.map((own: unknown, index) =>
      scalarOf(field, own, { ...place, path: `${place.path}[${index}]` }),
    );
  }
  if (field.label !== 'map') return scalarOf(field, json, place);
  if (!isObject(json)) return fail(place, 'an object is expected');
  const value = field.value as AnyField;
  return new Map(
    Object.entries(json).map(([key, own]) => [
      wellFormed(key, place),
      own === null ? entryDefaultOf(value) : scalarOf(value, own, inside(place, key)),
    ]),
  );
}

const keyTables = new WeakMap<AnyType, ReadonlyMap<string, string>>();

/** The fields by each of their names. */
function keysOf(type: AnyType): ReadonlyMap<string, string> {
  let keys = keyTables.get(type);
  if (keys === undefined) {
    const names = Object.keys(type.fields);
    keys = new Map([
      ...names.map((name) => [snakeName(name), name] as const),
      ...names.map((name) => [name, name] as const),
    ]);
    keyTables.set(type, keys);
  }
  return keys;
}

function messageOf(type: AnyType, json: unknown, place: Place): object {
  if (place.depth > MAX_DEPTH) return fail(place, 'nested too deeply');
  if (!isObject(json)) return fail(place, 'an object is expected');
  const values: Record<string, unknown> = { ...(type.empty as object) };
  const keys = keysOf(type);
  const seen = new Set<string>();
  for (const [key, own] of Object.entries(json)) {
    const name = keys.get(key);
    const field = name === undefined ? undefined : type.fields[name];
    if (name === undefined || field === undefined) return fail(inside(place, key), 'unknown field');
    if (seen.has(name)) return fail(inside(place, key), 'given twice');
    seen.add(name);
    // As in protobuf's own JSON: null stands for absent.
    if (own !== null) values[name] = fieldOf(field, own, inside(place, key));
  }
  return values;
}

/**
 * Reads the JSON value of a message: names in snake case or as declared, integers of 64 bits as
 * text or as safe numbers, enums by name or number. Unknown keys are a problem, so are values that
 * do not fit; the text says where.
 */
export function fromJson<T>(type: MessageType<T>, value: unknown): FromJson<T> {
  try {
    const message = messageOf(type as AnyType, value, { path: '', depth: 0 });
    return { ok: true, value: message as T };
  } catch (error) {
    if (error instanceof Problem) return { ok: false, problem: error.message };
    throw error;
  }
}
