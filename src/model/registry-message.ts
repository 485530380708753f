import { type ModificationTag, ZERO_MODIFICATION_TAG } from './modification-tag.ts';

export type Tags = Readonly<Record<string, string>>;

/** The `options` of a route: how its pool chooses an endpoint. */
export interface LoadBalancingOption {
  /** As sent, known or not; empty when absent. */
  readonly algorithm: string;
  readonly hashHeader: string;
  /** How many times the average load an endpoint may carry; 0 = no limit. */
  readonly hashBalance: number;
}

/** A `router.register` or `router.unregister` message (gorouter.md §2.3). Absent text is ''. */
export interface RegistryMessage {
  readonly host: string;
  readonly port: number;
  /** 0 = plain. */
  readonly tlsPort: number;
  readonly uris: readonly string[];
  readonly applicationId: string;
  readonly privateInstanceId: string;
  readonly privateInstanceIndex: string;
  readonly tags: Tags | undefined;
  readonly isolationSegment: string;
  readonly availabilityZone: string;
  readonly serverCertDomainSan: string;
  readonly protocol: string;
  readonly routeServiceUrl: string;
  /** 0 = the router's own. */
  readonly staleThresholdSeconds: number;
  /** The producer's time; a double, so exact to 256 ns. */
  readonly endpointUpdatedAtNs: number;
  readonly loadBalancing: LoadBalancingOption;
  readonly modificationTag: ModificationTag;
}

export type ParsedRegistryMessage =
  | { readonly ok: true; readonly message: RegistryMessage }
  | { readonly ok: false; readonly reason: string };

export const MAX_MESSAGE_BYTES = 1024 * 1024;
export const MAX_URIS_PER_MESSAGE = 10_000;
/** CAPI's own limits are far below: 253 for the host, 128 for the path. */
export const MAX_URI_LENGTH = 2048;

export const NO_LOAD_BALANCING_OPTION: LoadBalancingOption = {
  algorithm: '',
  hashHeader: '',
  hashBalance: 0,
};

type RawMessage = Readonly<Record<string, unknown>>;

/**
 * The wire format as gorouter reads it. A hand-written guard: for one message a compiled typebox
 * schema needed 0.24 µs (1.4 µs with twelve tags) and this 0.05 µs, and heartbeats are most of
 * the router's control-plane load.
 */
export function parseRegistryMessage(bytes: Uint8Array): ParsedRegistryMessage {
  if (bytes.length > MAX_MESSAGE_BYTES) return refuse(`longer than ${MAX_MESSAGE_BYTES} bytes`);
  const text = textOfBytes(bytes);
  let parsed: unknown;
  try {
    parsed = hasOddNumber(text) ? parseWithOddNumbers(text) : JSON.parse(text);
  } catch {
    return refuse('not valid JSON');
  }
  // A bare `null` is an empty message (golden register-004).
  if (parsed === null) parsed = {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) return refuse('not a JSON object');
  const raw = parsed as RawMessage;
  const problem = problemInFields(raw) ?? problemInUris(raw['uris']) ?? problemInTags(raw['tags']);
  if (problem !== undefined) return refuse(problem);
  return { ok: true, message: toMessage(raw) };
}

function textOfBytes(bytes: Uint8Array): string {
  if (bytes instanceof Buffer) return bytes.toString();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

function refuse(reason: string): ParsedRegistryMessage {
  return { ok: false, reason };
}

const STRING_FIELDS = [
  'host',
  'app',
  'private_instance_id',
  'private_instance_index',
  'isolation_segment',
  'server_cert_domain_san',
  'protocol',
  'route_service_url',
] as const;

function problemInFields(raw: RawMessage): string | undefined {
  for (const name of STRING_FIELDS) {
    const value = raw[name];
    if (typeof value !== 'string' && value !== undefined && value !== null) {
      return `${name} is not a string`;
    }
  }
  if (!isPort(raw['port'])) return 'port is not a whole number from 0 to 65535';
  if (!isPort(raw['tls_port'])) return 'tls_port is not a whole number from 0 to 65535';
  if (!isInt64(raw['stale_threshold_in_seconds'])) {
    return 'stale_threshold_in_seconds is not a whole number';
  }
  if (!isInt64(raw['endpoint_updated_at_ns']))
    return 'endpoint_updated_at_ns is not a whole number';
  const url = raw['route_service_url'];
  if (typeof url === 'string' && url !== '' && !url.startsWith('https')) {
    return 'route_service_url must be https';
  }
  return undefined;
}

function problemInUris(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return 'uris is not an array';
  if (value.length > MAX_URIS_PER_MESSAGE) return `more than ${MAX_URIS_PER_MESSAGE} uris`;
  for (const uri of value as unknown[]) {
    if (typeof uri !== 'string') return 'uris holds something else than strings';
    if (uri.length > MAX_URI_LENGTH) return `a uri is longer than ${MAX_URI_LENGTH} characters`;
  }
  return undefined;
}

function problemInTags(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) return 'tags is not an object';
  const tags = value as RawMessage;
  for (const name in tags) {
    if (typeof tags[name] !== 'string') return 'tags holds something else than strings';
  }
  return undefined;
}

function isPort(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return (
    Number.isInteger(value) &&
    (value as number) >= 0 &&
    (value as number) <= 65535 &&
    // Go's ParseUint takes no sign, not even that of -0.
    !Object.is(value, -0)
  );
}

function isInt64(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 63;
}

function toMessage(raw: RawMessage): RegistryMessage {
  return {
    host: textOf(raw['host']),
    port: numberOf(raw['port']),
    tlsPort: numberOf(raw['tls_port']),
    uris: (raw['uris'] as readonly string[] | null | undefined) ?? NO_URIS,
    applicationId: textOf(raw['app']),
    privateInstanceId: textOf(raw['private_instance_id']),
    privateInstanceIndex: textOf(raw['private_instance_index']),
    tags: (raw['tags'] as Tags | null | undefined) ?? undefined,
    isolationSegment: textOf(raw['isolation_segment']),
    // Of any type in older emitters (golden register-066).
    availabilityZone: textOf(raw['availability_zone']),
    serverCertDomainSan: textOf(raw['server_cert_domain_san']),
    protocol: textOf(raw['protocol']),
    routeServiceUrl: textOf(raw['route_service_url']),
    staleThresholdSeconds: numberOf(raw['stale_threshold_in_seconds']),
    endpointUpdatedAtNs: numberOf(raw['endpoint_updated_at_ns']),
    loadBalancing: loadBalancingOf(raw['options']),
    modificationTag: ZERO_MODIFICATION_TAG,
  };
}

const NO_URIS: readonly string[] = [];

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** `options` may have any shape (golden register-068): what is not understood is absent. */
function loadBalancingOf(options: unknown): LoadBalancingOption {
  if (typeof options !== 'object' || options === null) return NO_LOAD_BALANCING_OPTION;
  const raw = options as RawMessage;
  const algorithm = textOf(raw['loadbalancing']);
  if (algorithm === '') return NO_LOAD_BALANCING_OPTION;
  return {
    algorithm,
    hashHeader: textOf(raw['hash_header']),
    hashBalance: Math.max(numberOf(raw['hash_balance']), 0),
  };
}

/**
 * A number written as 1e3 or 1.0 is equal to a whole one after JSON.parse, but Go refuses it for
 * a whole-number field (golden register-020, register-021). Such text is rare, so only then the
 * slower parse with the source text of each number is used. True too often is fine: a colon
 * inside a string may look alike. (A regular expression takes twice as long.)
 */
function hasOddNumber(text: string): boolean {
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) {
    let at = colon + 1;
    while (isBlank(text.charCodeAt(at))) at += 1;
    if (text.charCodeAt(at) === MINUS) at += 1;
    if (!isDigit(text.charCodeAt(at))) continue;
    while (isDigit(text.charCodeAt(at))) at += 1;
    const code = text.charCodeAt(at);
    if (code === DOT || code === LOWER_E || code === UPPER_E) return true;
  }
  return false;
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

const MINUS = 0x2d;
const DOT = 0x2e;
const UPPER_E = 0x45;
const LOWER_E = 0x65;

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

const WHOLE_NUMBER_FIELDS: ReadonlySet<string> = new Set([
  'port',
  'tls_port',
  'stale_threshold_in_seconds',
  'endpoint_updated_at_ns',
]);

type SourceReviver = (
  this: unknown,
  name: string,
  value: unknown,
  context: { readonly source?: string },
) => unknown;

function parseWithOddNumbers(text: string): unknown {
  const oddHolders = new Map<unknown, string>();
  const reviver: SourceReviver = function noteOddNumbers(name, value, context) {
    if (typeof value === 'number' && WHOLE_NUMBER_FIELDS.has(name)) {
      if (!/^-?[0-9]+$/.test(context.source ?? '')) oddHolders.set(this, name);
    }
    return value;
  };
  const parsed: unknown = JSON.parse(text, reviver as (name: string, value: unknown) => unknown);
  const field = oddHolders.get(parsed);
  // Only the outermost object has these fields; inside `options` they may have any form.
  return field === undefined ? parsed : { [field]: 'not a whole number' };
}
