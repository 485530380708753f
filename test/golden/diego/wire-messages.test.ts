import { describe, expect, test } from 'vitest';
import { DecodeError, decode } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import { fromJson, type Json, toJson } from '../../../src/model/protobuf/json.ts';
import { bytesOf, RECORDED_LINES, recordedLine } from '../../model/bbs/recorded-lines.ts';
import { type AnyType, typeNamed } from '../../model/protobuf/all-types.ts';

interface Body {
  readonly title: string;
  readonly type: AnyType;
  readonly bytes: Buffer;
  readonly message: Json;
}

/** Every message of the recordings: requests, answers and events. */
const BODIES: readonly Body[] = RECORDED_LINES.flatMap(({ n, name, exchanges, streams }) => {
  const bodies = exchanges.flatMap(({ request, response }) => [request, response]);
  const events = Object.values(streams ?? {}).flatMap((stream) => stream.events);
  return [...bodies, ...events].flatMap(({ message_type, message, body_hex }, index) =>
    message_type && message
      ? [
          {
            title: `${n} ${name} #${index} ${message_type}`,
            type: typeNamed(message_type),
            bytes: bytesOf(body_hex),
            message: message as Json,
          },
        ]
      : [],
  );
});

/** The recorded build spells these otherwise; numbers and kinds are the same. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  deprecated_timeout_ns: 'timeout',
  deprecated_start_timeout_s: 'start_timeout',
};

const isObject = (json: Json): json is Readonly<Record<string, Json>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

/** Both spellings of a field as one. */
function normalised(json: Json): Json {
  if (Array.isArray(json)) return json.map((own: Json) => normalised(own));
  if (!isObject(json)) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => {
      const name = key === 'PlacementTags' ? 'placement_tags' : (OWN_NAMES[key] ?? key);
      return [name, normalised(value)];
    }),
  );
}

/** Line 360 sends field 111 to see it ignored; the recorder shows it as `?111`. */
const UNKNOWN_FIELD_LINE = 360;
/** Line 361 sends a number where a text belongs. */
const WRONG_WIRE_TYPE_LINE = 361;

const isSpecial = ({ title }: Body): boolean =>
  title.startsWith(`${UNKNOWN_FIELD_LINE} `) || title.startsWith(`${WRONG_WIRE_TYPE_LINE} `);

const ORDINARY_BODIES = BODIES.filter((body) => !isSpecial(body));

/** The bodies that do not pass, each with what was wrong: one bad line hides no other. */
function failures(check: (body: Body) => void): string[] {
  return ORDINARY_BODIES.flatMap((body) => {
    try {
      check(body);
      return [];
    } catch (error) {
      return [`${body.title}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
}

describe('messages recorded on the wire', () => {
  test('there are as many as were recorded', () => {
    expect(RECORDED_LINES.length).toBe(404);
    expect(ORDINARY_BODIES.length).toBe(879);
  });

  test('each decodes to the recorded message', () => {
    const problems = failures(({ type, bytes, message }) => {
      expect(normalised(toJson(type, decode(type, bytes), { names: 'proto' }))).toEqual(
        normalised(message),
      );
    });
    expect(problems).toEqual([]);
  });

  // Also where maps are in it: their entries keep the order in which they came.
  test('each encodes to the same bytes again', () => {
    const problems = failures(({ type, bytes }) => {
      expect(encode(type, decode(type, bytes)).toString('hex')).toBe(bytes.toString('hex'));
    });
    expect(problems).toEqual([]);
  });

  test('each reads back from its JSON, in either spelling', () => {
    const problems = failures(({ type, bytes }) => {
      const message = decode(type, bytes);
      for (const names of ['proto', 'snake'] as const) {
        const read = fromJson(type, JSON.parse(JSON.stringify(toJson(type, message, { names }))));
        expect(read).toEqual({ ok: true, value: message });
      }
    });
    expect(problems).toEqual([]);
  });

  test('an unknown field is passed over, and gone from what is encoded', () => {
    const { request } = recordedLine(UNKNOWN_FIELD_LINE).exchanges[0] ?? {};
    const type = typeNamed('UpsertDomainRequest');
    const decoded = decode(type, bytesOf(request?.body_hex));
    expect(toJson(type, decoded)).toEqual({ domain: 'ct', ttl: 5 });
    expect(encode(type, decoded).toString('hex')).toBe('0a0263741005');
  });

  test('a known field with another wire type is refused', () => {
    const { request } = recordedLine(WRONG_WIRE_TYPE_LINE).exchanges[0] ?? {};
    const type = typeNamed('UpsertDomainRequest');
    expect(() => decode(type, bytesOf(request?.body_hex))).toThrow(DecodeError);
  });

  test('garbage is refused wherever the original refuses it', () => {
    const lines = RECORDED_LINES.filter(({ group }) => group === 'garbage body');
    const refused = lines.flatMap(({ exchanges }) =>
      exchanges.filter(({ request }) => request.message_type),
    );
    expect(refused.length).toBeGreaterThan(30);
    for (const { request } of refused) {
      const type = typeNamed(request.message_type ?? '');
      expect(() => decode(type, bytesOf(request.body_hex))).toThrow(DecodeError);
    }
  });
});
