import type { EnumNames, Field } from '../../../src/model/protobuf/fields.ts';
import { entryDefaultOf } from '../../../src/model/protobuf/fields.ts';
import type { AnyType } from './message-types.ts';

/**
 * Messages in the form of the recordings: proto field names, defaults left out, 64-bit integers
 * as text, enums by name, bytes as their text or as `hex:…`.
 */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields whose name in the recordings is another than in the tables of src/model. */
const RECORDED_NAMES: Readonly<Record<string, string>> = {
  'TimeoutAction.timeout': 'deprecated_timeout_ns',
  'DesiredLRP.start_timeout': 'deprecated_start_timeout_s',
};

const recordedName = (type: AnyType, name: string): string =>
  RECORDED_NAMES[`${type.name}.${name}`] ?? name;

function fieldRecordedAs(type: AnyType, name: string): readonly [string, Field<unknown>] {
  const found = Object.entries(type.fields).find(([own]) => recordedName(type, own) === name);
  if (found === undefined) throw new Error(`${type.name} has no field ${name}`);
  return found;
}

function textOfBytes(value: Uint8Array): string {
  const text = Buffer.from(value).toString('utf8');
  return Buffer.from(text, 'utf8').equals(value)
    ? text
    : `hex:${Buffer.from(value).toString('hex')}`;
}

function nameOf(names: EnumNames | undefined, value: number): Json {
  return Object.entries(names ?? {}).find(([, number]) => number === value)?.[0] ?? value;
}

function valueToJson(field: Field<unknown>, value: unknown): Json {
  if (field.kind === 'message') return toJson(field.type?.() as AnyType, value);
  if (field.kind === 'bytes') return textOfBytes(value as Uint8Array);
  if (field.kind === 'enum') return nameOf(field.names, value as number);
  return typeof value === 'bigint' ? `${value}` : (value as Json);
}

function isAbsent(field: Field<unknown>, value: unknown): boolean {
  if (value === undefined) return true;
  if (field.label === 'repeated') return (value as readonly unknown[]).length === 0;
  if (field.label === 'map') return (value as ReadonlyMap<string, unknown>).size === 0;
  if (field.label !== 'plain') return false;
  if (value instanceof Uint8Array) return value.length === 0;
  return value === '' || value === 0 || value === 0n || value === false;
}

export function toJson(type: AnyType, message: unknown): JsonObject {
  const values = message as Readonly<Record<string, unknown>>;
  const json: Record<string, Json> = {};
  for (const [ownName, field] of Object.entries(type.fields)) {
    const value = values[ownName];
    const name = recordedName(type, ownName);
    if (isAbsent(field, value)) continue;
    if (field.label === 'repeated') {
      json[name] = (value as readonly unknown[]).map((item) => valueToJson(field, item));
    } else if (field.label === 'map') {
      const entries = [...(value as ReadonlyMap<string, unknown>)];
      const entryField = field.value ?? field;
      json[name] = Object.fromEntries(
        entries.map(([key, item]) => [key, valueToJson(entryField, item)]),
      );
    } else {
      json[name] = valueToJson(field, value);
    }
  }
  return json;
}

function valueFromJson(field: Field<unknown>, json: Json): unknown {
  switch (field.kind) {
    case 'message':
      return fromJson(field.type?.() as AnyType, json as JsonObject);
    case 'bytes': {
      const text = json as string;
      return text.startsWith('hex:')
        ? Buffer.from(text.slice(4), 'hex')
        : Buffer.from(text, 'utf8');
    }
    case 'int64':
    case 'uint64':
      return BigInt(json as string);
    case 'enum':
      return typeof json === 'string' ? field.names?.[json] : json;
    default:
      return json;
  }
}

/** Throws where the JSON has a field that the message has not: then the table is wrong. */
export function fromJson(type: AnyType, json: JsonObject): unknown {
  const values: Record<string, unknown> = {};
  for (const [recorded, value] of Object.entries(json)) {
    const [name, field] = fieldRecordedAs(type, recorded);
    if (field.label === 'repeated') {
      values[name] = (value as readonly Json[]).map((item) => valueFromJson(field, item));
    } else if (field.label === 'map') {
      const entryField = field.value ?? field;
      values[name] = new Map(
        Object.entries(value as JsonObject).map(([key, item]) => [
          key,
          valueFromJson(entryField, item) ?? entryDefaultOf(entryField),
        ]),
      );
    } else {
      values[name] = valueFromJson(field, value);
    }
  }
  return (type as { create(fields: object): unknown }).create(values);
}

/**
 * Adds what the decoder adds: embedded messages that are never undefined. So a recorded message
 * and a decoded one have the same form whatever was on the wire; the bytes are compared elsewhere.
 */
export function withAlways(type: AnyType, json: JsonObject): JsonObject {
  const filled: Record<string, Json> = { ...json };
  for (const [name, field] of Object.entries(type.fields)) {
    const nested = (field.kind === 'message' && field.type?.()) as AnyType | false;
    if (!nested) continue;
    const value = json[name];
    if (value === undefined) {
      if (field.label === 'always') filled[name] = withAlways(nested, {});
    } else if (field.label === 'repeated') {
      filled[name] = (value as readonly JsonObject[]).map((item) => withAlways(nested, item));
    } else if (field.label !== 'map') {
      filled[name] = withAlways(nested, value as JsonObject);
    }
  }
  return filled;
}
