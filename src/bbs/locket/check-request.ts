/** What a request to Locket must be, and the refusals with their texts (diego.md §8). */
import { Buffer } from 'node:buffer';
import { RESOURCE_TYPE, Resource } from '../../model/bbs/messages/locket.ts';
import { LOCKET_LIMITS } from './options.ts';

/** By name, as gRPC has them; the server knows their numbers. */
export type LocketCode = 'INVALID_ARGUMENT' | 'ALREADY_EXISTS' | 'NOT_FOUND' | 'UNAVAILABLE';

export interface LocketError {
  readonly code: LocketCode;
  readonly text: string;
}

export type LocketResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: LocketError };

const refusal = (code: LocketCode, text: string) =>
  ({ ok: false, error: { code, text } }) as const satisfies LocketResult<never>;

export const REFUSALS = {
  collision: refusal('ALREADY_EXISTS', 'lock-collision'),
  notFound: refusal('NOT_FOUND', 'resource-not-found'),
  ttl: refusal('INVALID_ARGUMENT', 'invalid-ttl'),
  owner: refusal('INVALID_ARGUMENT', 'invalid-owner'),
  key: refusal('INVALID_ARGUMENT', 'invalid-key'),
  type: refusal('INVALID_ARGUMENT', 'invalid-type'),
} as const;

export const unavailable = (text: string) => refusal('UNAVAILABLE', text);

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [RESOURCE_TYPE.LOCK]: 'lock',
  [RESOURCE_TYPE.PRESENCE]: 'presence',
};
const TYPE_CODES: Readonly<Record<string, number>> = {
  lock: RESOURCE_TYPE.LOCK,
  presence: RESOURCE_TYPE.PRESENCE,
};

interface Typed {
  readonly type: string;
  readonly type_code: number;
}

/** The type by name: old clients send the name, new ones the number, some both. */
export function typeOf({ type, type_code: code }: Typed): string | undefined {
  if (code === RESOURCE_TYPE.UNKNOWN) return Object.hasOwn(TYPE_CODES, type) ? type : undefined;
  const name = TYPE_NAMES[code];
  return type === '' || type === name ? name : undefined;
}

/** Some text that fits into a key of the store and can be written as one. */
const isName = (name: string): boolean =>
  name !== '' &&
  name.isWellFormed() &&
  Buffer.byteLength(encodeURIComponent(name)) <= LOCKET_LIMITS.nameBytes;

/** The resource as it is kept: with both forms of its type. */
export function checkLock(
  resource: Resource | undefined,
  ttlSeconds: bigint,
): LocketResult<Resource> {
  const { key, owner, value, ...typed } = resource ?? Resource.empty;
  const type = typeOf(typed);
  if (type === undefined) return REFUSALS.type;
  if (ttlSeconds <= 0n || ttlSeconds > LOCKET_LIMITS.ttlSeconds) return REFUSALS.ttl;
  if (!isName(owner)) return REFUSALS.owner;
  if (!isName(key)) return REFUSALS.key;
  const checked = { key, owner, value, type, type_code: TYPE_CODES[type] ?? 0 };
  return { ok: true, value: Resource.create(checked) };
}

/** For Fetch and Release: a key that cannot be held is one that nobody holds. */
export const isHoldable = (key: string): boolean => isName(key);
