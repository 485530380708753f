/** The JSON files of the originals: flat keys, durations as Go's text, addresses, TLS by paths. */
import { type TObject, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { durationMs } from './duration.ts';
import { isSection, type Section } from './fields.ts';
import { schemaProblems } from './problems.ts';
import type { TlsPaths } from './tls-files.ts';

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export interface ConfigProblems {
  readonly ok: false;
  readonly problems: readonly string[];
}

/** What the original's file says, or everything that is wrong with it. */
export type OriginalConfigResult<Options> =
  | { readonly ok: true; readonly options: Options; readonly warnings: readonly string[] }
  | ConfigProblems;

const ADDRESS = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:[\]]*)):(?<port>[0-9]{1,5})$/;

/** Reads values that the schema has checked already, and checks what a schema cannot. */
export class KeyReader {
  readonly #section: Section;
  readonly problems: string[] = [];

  constructor(section: Section) {
    this.#section = section;
  }

  text = (key: string): string => this.#section[key] as string;
  number = (key: string): number => this.#section[key] as number;
  flag = (key: string): boolean => this.#section[key] as boolean;

  ms(key: string): number {
    const value = this.#section[key] as string | number;
    const ms = durationMs(value);
    if (ms <= 0) this.problems.push(`${key}: ${JSON.stringify(value)} is not more than 0`);
    return ms;
  }

  /** `host:port`, `[::1]:port`, or `:port` for all addresses. */
  address(key: string): HostAndPort {
    const value = this.text(key);
    const { bracketed, plain = '', port = '' } = ADDRESS.exec(value)?.groups ?? {};
    if (port === '' || Number(port) > 65_535) {
      this.problems.push(`${key}: ${JSON.stringify(value)} is not host:port`);
    }
    const host = bracketed ?? plain;
    return { host: host === '' ? '0.0.0.0' : host, port: Number(port) };
  }

  addressOrNone = (key: string): HostAndPort | undefined =>
    this.text(key) === '' ? undefined : this.address(key);

  url(key: string): string {
    const value = this.text(key);
    if (!/^https?:$/.test(URL.parse(value)?.protocol ?? '')) {
      this.problems.push(`${key}: ${JSON.stringify(value)} is not an http or https address`);
    }
    return value;
  }

  urlOrNone = (key: string): string => (this.text(key) === '' ? '' : this.url(key));

  /** Three files that only make sense together. `neededFor`: why they may not all be absent. */
  files(ca: string, cert: string, key: string, neededFor?: string): TlsPaths | undefined {
    const missing = [ca, cert, key].filter((name) => this.text(name) === '');
    if (missing.length === 0) {
      return { ca: this.text(ca), cert: this.text(cert), key: this.text(key) };
    }
    if (missing.length < 3 || neededFor !== undefined) {
      const why = neededFor ?? 'the others are set';
      this.problems.push(`${missing.join(', ')}: not set, but ${why}`);
    }
    return undefined;
  }
}

/** The keys of a file; null stands for an absent key, as in the original. */
export function parseKeys(file: string): { readonly ok: true; given: Section } | ConfigProblems {
  let parsed: unknown;
  try {
    parsed = JSON.parse(file);
  } catch (error) {
    return { ok: false, problems: [`json: ${(error as Error).message}`] };
  }
  if (!isSection(parsed)) return { ok: false, problems: ['json: the file is not an object'] };
  const given = Object.entries(parsed).filter(([, value]) => value !== null);
  return { ok: true, given: Object.fromEntries(given) };
}

/** Checks the keys that the schema knows, then reads them. All problems come at once. */
export function readKeys<Options>(
  schema: TObject,
  given: Section,
  read: (reader: KeyReader) => Options,
): { readonly ok: true; readonly options: Options } | ConfigProblems {
  const properties: Readonly<Record<string, TSchema>> = schema.properties;
  const problems: string[] = [];
  const wrongKeys: string[] = [];
  const right: Section = {};
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(properties, key)) continue;
    // Key by key: the checker stops after a few errors of one value.
    const own = schemaProblems(Type.Object({ [key]: properties[key] as TSchema }), {
      [key]: value,
    });
    problems.push(...own);
    if (own.length > 0) wrongKeys.push(key);
    else right[key] = value;
  }
  const reader = new KeyReader(Value.Default(schema, right) as Section);
  const options = read(reader);
  // What follows from a key of a wrong type is no second problem.
  problems.push(...reader.problems.filter((text) => !wrongKeys.some((key) => text.includes(key))));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, options };
}

/** Two warnings at most: keys that the original knows, and keys that nobody does. */
export function keyWarnings(
  schema: TObject,
  given: Section,
  isWithoutEffect: (key: string) => boolean,
): string[] {
  const others = Object.keys(given).filter((key) => !Object.hasOwn(schema.properties, key));
  const idle = others.filter(isWithoutEffect).sort();
  const unknown = others.filter((key) => !isWithoutEffect(key)).sort();
  return [
    ...(idle.length === 0 ? [] : [`keys without effect here: ${idle.join(', ')}`]),
    ...(unknown.length === 0 ? [] : [`unknown keys, ignored: ${unknown.join(', ')}`]),
  ];
}
