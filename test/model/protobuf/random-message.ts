import fc from 'fast-check';
import type { Field } from '../../../src/model/protobuf/fields.ts';
import type { AnyType } from './all-types.ts';

type AnyField = Field<unknown>;

const text = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom('__proto__', 'constructor', '\ufffd', '\u0000', 'hex:zz'),
  );

function scalar(field: AnyField, depth: number): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'string':
      return text();
    case 'bytes':
      return fc.oneof(
        fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
        text().map((own) => Buffer.from(own)),
      );
    case 'bool':
      return fc.boolean();
    case 'uint32':
      return fc.nat({ max: 0xffff_ffff });
    case 'int32':
    case 'enum':
      return fc.integer();
    case 'int64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case 'uint64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    default:
      return randomMessage(field.type?.() as AnyType, depth - 1);
  }
}

function fieldValue(field: AnyField, depth: number): fc.Arbitrary<unknown> {
  if (field.label === 'map') {
    return fc
      .array(fc.tuple(text(), scalar(field.value as AnyField, depth)), { maxLength: 3 })
      .map((entries) => new Map(entries));
  }
  const one = scalar(field, depth);
  if (field.label === 'repeated') return fc.array(one, { maxLength: 3 });
  return field.label === 'optional' ? fc.option(one, { nil: undefined }) : one;
}

/** Messages of a type with a few of their fields set: all kinds, limits, odd text, deep nesting. */
export function randomMessage(type: AnyType, depth = 4): fc.Arbitrary<object> {
  const names = Object.keys(type.fields).filter(
    (name) => depth > 0 || (type.fields[name]?.value ?? type.fields[name])?.kind !== 'message',
  );
  return fc
    .subarray(names, { maxLength: Math.min(6, names.length) })
    .chain((chosen) =>
      fc
        .record(
          Object.fromEntries(
            chosen.map((name) => [name, fieldValue(type.fields[name] as AnyField, depth)]),
          ),
        )
        .map((fields) => ({ ...(type.empty as object), ...fields })),
    );
}
