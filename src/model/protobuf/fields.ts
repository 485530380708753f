/**
 * Protobuf messages as tables: a message is an object literal of fields, its TypeScript type is
 * derived from the table, and encoder, decoder and JSON form are driven by it.
 * The rules are those of proto3 (https://protobuf.dev/programming-guides/encoding/); names are the
 * names of the proto fields. docs/decisions/0008 says why this is not a library.
 */

export type ScalarKind = 'string' | 'bytes' | 'bool' | 'int32' | 'uint32' | 'int64' | 'uint64';
export type FieldKind = ScalarKind | 'enum' | 'message';

/** `plain`: absent means the default. `optional`: present-with-default differs from absent. */
export type FieldLabel = 'plain' | 'optional' | 'always' | 'repeated' | 'map';

export interface Field<T> {
  readonly number: number;
  readonly kind: FieldKind;
  readonly label: FieldLabel;
  /** Of kind `message`; a function, since messages may contain themselves. */
  readonly type?: () => MessageType<unknown>;
  /** Of kind `enum`. */
  readonly names?: EnumNames;
  /** Of label `map`: field 2 of its entries. */
  readonly value?: Field<unknown>;
  /** Never there; carries the type of the value. */
  readonly valueType?: T;
}

export type EnumNames = Readonly<Record<string, number>>;
export type FieldTable = Readonly<Record<string, Field<unknown>>>;

type ValueOf<F> = F extends Field<infer T> ? T : never;

/** The value of a message: every field is there, absent ones with their default. */
export type MessageOf<F extends FieldTable> = { readonly [K in keyof F]: ValueOf<F[K]> };

export interface MessageType<T> {
  readonly name: string;
  readonly fields: FieldTable;
  /** With all defaults. Frozen and shared. */
  readonly empty: T;
  /** With all defaults, as an object of its own that the maker may still fill. */
  make(): object;
  /** The defaults with some fields set. */
  create(fields?: Partial<T>): T;
}

const scalar =
  <T>(kind: ScalarKind) =>
  (number: number): Field<T> => ({ number, kind, label: 'plain' });

export const string = scalar<string>('string');
export const bytes = scalar<Uint8Array>('bytes');
export const bool = scalar<boolean>('bool');
export const int32 = scalar<number>('int32');
export const uint32 = scalar<number>('uint32');
export const int64 = scalar<bigint>('int64');
export const uint64 = scalar<bigint>('uint64');

/** Open, as in proto3: numbers without a name are kept. */
export const enumeration = (number: number, names: EnumNames): Field<number> => ({
  number,
  kind: 'enum',
  label: 'plain',
  names,
});

export const embedded = <T>(number: number, type: () => MessageType<T>): Field<T | undefined> => ({
  number,
  kind: 'message',
  label: 'optional',
  type: type as () => MessageType<unknown>,
});

/** Written even when it is empty, and never undefined (gogo's `nullable = false`). */
export const always = <T>(field: Field<T>): Field<NonNullable<T>> => ({
  ...(field as Field<NonNullable<T>>),
  label: 'always',
});

/** A scalar whose presence counts. */
export const optional = <T>(field: Field<T>): Field<T | undefined> => ({
  ...field,
  label: 'optional',
});

/** Written unpacked; read packed too. */
export const repeated = <T>(field: Field<T>): Field<readonly NonNullable<T>[]> => ({
  ...(field as unknown as Field<readonly NonNullable<T>[]>),
  label: 'repeated',
});

/** Keys are strings. A `Map`, so that no key can be mistaken for a property of objects. */
export const mapOf = <T>(
  number: number,
  value: Field<T>,
): Field<ReadonlyMap<string, NonNullable<T>>> => ({
  number,
  kind: value.kind,
  label: 'map',
  value: value as Field<unknown>,
});

const NOTHING: readonly unknown[] = Object.freeze([]);
const NO_ENTRIES: ReadonlyMap<string, unknown> = new Map();
// A Buffer, as what the decoder reads.
const NO_BYTES: Uint8Array = Buffer.alloc(0);

const ZERO: Readonly<Record<FieldKind, unknown>> = {
  string: '',
  bytes: NO_BYTES,
  bool: false,
  int32: 0,
  uint32: 0,
  int64: 0n,
  uint64: 0n,
  enum: 0,
  message: undefined,
};

/** What an absent field reads as. */
export function defaultOf(field: Field<unknown>): unknown {
  switch (field.label) {
    case 'plain':
      return ZERO[field.kind];
    case 'optional':
      return undefined;
    case 'always':
      return field.type?.().empty;
    case 'repeated':
      return NOTHING;
    case 'map':
      return NO_ENTRIES;
  }
}

/** What an absent value of a map's entry reads as: there it is never undefined. */
export const entryDefaultOf = (field: Field<unknown>): unknown =>
  field.kind === 'message' ? field.type?.().empty : ZERO[field.kind];

/** As source text where that is possible, else as the element of `shared`. */
function literalOf(value: unknown, index: number): string {
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'object' ? `shared[${index}]` : `${JSON.stringify(value)}`;
}

/**
 * Makes copies of an object from one literal. The literal is source text, since only so do all
 * messages of a type get one compact shape: copying the defaults instead takes a third of the time
 * of decoding. Keys are the names of fields, never what came from outside.
 */
function copierOf(empty: object): () => object {
  const fields = Object.entries(empty).map(
    ([key, value], index) => `${JSON.stringify(key)}: ${literalOf(value, index)}`,
  );
  const body = `return () => ({ ${fields.join(', ')} });`;
  return new Function('shared', body)(Object.values(empty)) as () => object;
}

export function message<F extends FieldTable>(name: string, fields: F): MessageType<MessageOf<F>> {
  let empty: MessageOf<F> | undefined;
  let copy: (() => object) | undefined;
  const type: MessageType<MessageOf<F>> = {
    name,
    fields,
    // Made when first wanted: the types of nested messages may stand further down.
    get empty() {
      empty ??= Object.freeze(
        Object.fromEntries(Object.entries(fields).map(([key, own]) => [key, defaultOf(own)])),
      ) as MessageOf<F>;
      return empty;
    },
    make: () => {
      copy ??= copierOf(type.empty);
      return copy();
    },
    create: (own = {}) => Object.assign(type.make(), own) as MessageOf<F>,
  };
  return type;
}
