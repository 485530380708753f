import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, decode } from '../../../src/model/protobuf/decode.ts';
import { embedEncoded, encode } from '../../../src/model/protobuf/encode.ts';
import { fromJson, toJson } from '../../../src/model/protobuf/json.ts';
import { ALL_TYPES, type AnyType, typeNamed } from './all-types.ts';
import { randomMessage } from './random-message.ts';

/** The bytes are a message, or DecodeError says that they are none. */
function decodesOrRefuses(type: AnyType, bytes: Uint8Array): void {
  let message: unknown;
  try {
    message = decode(type, bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    return;
  }
  // What was understood can be written and is understood again.
  expect(decode(type, encode(type, message))).toEqual(message);
}

describe.each(ALL_TYPES.map((type) => ({ name: type.name || '(nothing)', type })))(
  '$name',
  ({ type }) => {
    test('what is encoded is decoded', () => {
      fc.assert(
        fc.property(randomMessage(type), (message) => {
          const bytes = encode(type, message);
          expect(decode(type, bytes)).toEqual(message);
        }),
        { numRuns: 40 },
      );
    });

    test('what is written as JSON is read', () => {
      fc.assert(
        fc.property(
          randomMessage(type),
          fc.constantFrom('proto' as const, 'snake' as const),
          (message, names) => {
            const text = JSON.stringify(toJson(type, message, { names }));
            expect(fromJson(type, JSON.parse(text))).toEqual({ ok: true, value: message });
          },
        ),
        { numRuns: 40 },
      );
    });

    test('changed bytes are a message or refused', () => {
      const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.boolean());
      fc.assert(
        fc.property(
          randomMessage(type),
          fc.array(change, { minLength: 1, maxLength: 4 }),
          (message, changes) => {
            let bytes = encode(type, message);
            for (const [at, value, isCut] of changes) {
              if (bytes.length === 0) break;
              if (isCut) bytes = bytes.subarray(0, at % bytes.length);
              else bytes[at % bytes.length] = value;
            }
            decodesOrRefuses(type, bytes);
          },
        ),
        { numRuns: 60 },
      );
    });
  },
);

test('there are types enough', () => {
  expect(ALL_TYPES.length).toBeGreaterThan(90);
});

test.each(['DesiredLRP', 'ActualLRP', 'Task', 'DesireLRPRequest'])(
  'random bytes are a %s or refused',
  (name) => {
    const type = typeNamed(name);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decodesOrRefuses(type, bytes)),
      { numRuns: 3000 },
    );
  },
);

test.each(['DesiredLRP', 'Task', 'UpdateDesiredLRPRequest'])(
  'any JSON is a %s or a problem',
  (name) => {
    const type = typeNamed(name);
    const keys = fc.constantFrom(...Object.keys(type.fields), '__proto__', 'x');
    const json = fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.jsonValue({ maxDepth: 3 })));
    fc.assert(
      fc.property(json, (value) => {
        const read = fromJson(type, value);
        if (read.ok) expect(decode(type, encode(type, read.value))).toEqual(read.value);
        else expect(read.problem).not.toBe('');
      }),
      { numRuns: 3000 },
    );
  },
);

test('a list of encoded messages is the list encoded', () => {
  const type = typeNamed('TasksResponse');
  const task = typeNamed('Task');
  fc.assert(
    fc.property(fc.array(randomMessage(task, 2), { maxLength: 4 }), (tasks) => {
      const list = embedEncoded(
        2,
        tasks.map((own) => encode(task, own)),
      );
      expect(decode(type, list)).toEqual({ error: undefined, tasks });
    }),
    { numRuns: 100 },
  );
});
