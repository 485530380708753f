/**
 * The JSON form of a message as a table: which key holds which field, read and written by the
 * same line. Reading follows Go: null and absent keys are defaults, unknown keys are ignored.
 */
import type { MessageType } from '../protobuf/fields.ts';
import { exactInteger, isRawNumber } from './exact-json.ts';

export interface Form<T> {
  /** Never throws: what is wrong goes to `problems`, and a default comes back. */
  read(json: unknown, place: string, problems: string[]): T;
  /** Undefined: the key is left out. */
  write(value: T): unknown;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);

export const wrong = (problems: string[], place: string, wanted: string): void => {
  problems.push(`${place === '' ? 'the body' : place} is not ${wanted}`);
};

const scalar = <T>(fallback: T, wanted: string, isRight: (json: unknown) => boolean): Form<T> => ({
  read(json, place, problems) {
    if (isRight(json)) return json as T;
    wrong(problems, place, wanted);
    return fallback;
  },
  write: (value) => value,
});

const within = (lowest: number, highest: number) => (json: unknown) =>
  Number.isInteger(json) && (json as number) >= lowest && (json as number) <= highest;

export const text = scalar('', 'a string', (json) => typeof json === 'string');
export const flag = scalar(false, 'true or false', (json) => typeof json === 'boolean');
export const int32 = scalar(0, 'a whole number', within(-(2 ** 31), 2 ** 31 - 1));
export const uint32 = scalar(0, 'a positive whole number', within(0, 2 ** 32 - 1));
export const uint16 = scalar(0, 'a port number', within(0, 65_535));

const INTEGER = /^-?[0-9]+$/;
const isInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value;

export const int64: Form<bigint> = {
  read(json, place, problems) {
    const digits = isRawNumber(json) ? json.rawJSON : String(json);
    const isNumber = isRawNumber(json) || typeof json === 'number';
    if (isNumber && INTEGER.test(digits) && isInt64(BigInt(digits))) return BigInt(digits);
    wrong(problems, place, 'a whole number of 64 bits');
    return 0n;
  },
  write: exactInteger,
};

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === '' ||
  value === 0 ||
  value === 0n ||
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (value instanceof Map && value.size === 0);

/** Left out when empty, as Go's `omitempty` does. */
export const whenSet = <T>(form: Form<T>): Form<T> => ({
  read: form.read,
  write: (value) => (isEmpty(value) ? undefined : form.write(value)),
});

/** Left out when absent; its zero is shown. */
export const whenPresent = <T>(form: Form<T>): Form<T | undefined> => ({
  read: form.read,
  write: (value) => (value === undefined ? undefined : form.write(value)),
});

/** Of a field whose presence counts, or of an embedded message: absent is null. */
export const maybe = <T>(form: Form<T>): Form<T | undefined> => ({
  read: form.read,
  write: (value) => (value === undefined ? null : form.write(value)),
});

export const list = <T>(form: Form<T>): Form<readonly T[]> => ({
  read(json, place, problems) {
    if (Array.isArray(json)) {
      return json.map((item, index) => form.read(item, `${place}[${index}]`, problems));
    }
    wrong(problems, place, 'a list');
    return [];
  },
  write: (values) => values.map((value) => form.write(value)),
});

export interface FieldForm {
  /** The name in the proto file, when it is not that of the key. */
  readonly field?: string;
  readonly form: Form<unknown>;
}

type Key = FieldForm | Form<unknown>;

/** A key whose field has another name. */
export const named = <T>(field: string, form: Form<T>): FieldForm => ({
  field,
  form: form as Form<unknown>,
});

export interface RecordForm<T> extends Form<T> {
  write(value: T): JsonObject;
}

/** An object. `keys`: JSON key → form of the field. */
export function record<T>(
  type: MessageType<T>,
  keys: Readonly<Record<string, unknown>>,
): RecordForm<T> {
  const fields = Object.entries(keys).map(([key, own]) => {
    const of = own as Key;
    return 'form' in of
      ? { key, field: of.field ?? key, form: of.form }
      : { key, field: key, form: of };
  });
  for (const { field } of fields) {
    if (!Object.hasOwn(type.fields, field)) throw new Error(`${type.name} has no field ${field}`);
  }
  return {
    read(json, place, problems) {
      if (json === null) return type.empty;
      if (!isObject(json)) {
        wrong(problems, place, 'an object');
        return type.empty;
      }
      const read: Record<string, unknown> = {};
      for (const { key, field, form } of fields) {
        const value = Object.hasOwn(json, key) ? json[key] : undefined;
        if (value === undefined || value === null) continue;
        read[field] = form.read(value, place === '' ? key : `${place}.${key}`, problems);
      }
      return type.create(read as Partial<T>);
    },
    write(value) {
      const of = value as JsonObject;
      return Object.fromEntries(
        fields.flatMap(({ key, field, form }) => {
          const json = form.write(of[field]);
          return json === undefined ? [] : [[key, json]];
        }),
      );
    },
  };
}
