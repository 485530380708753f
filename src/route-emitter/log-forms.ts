/** Data of log lines, with the names that the original gives them (diego.md §11.11). */
import { Buffer } from 'node:buffer';
import { isRawNumber, parseExactJson } from '../model/receptor/exact-json.ts';
import { ROUTE_EMITTER_LIMITS } from './options.ts';
import type { Actual, Desired, LrpEvent, PortMapping } from './table/lrp.ts';
import type { Messages, OutgoingMessage } from './table/registry-messages.ts';

/** Of `diego-ssh`; a log is no place for them. */
const SECRETS: ReadonlySet<string> = new Set(['private_key', 'password']);

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, own]) => [key, SECRETS.has(key) ? '' : withoutSecrets(own)]),
  );
}

function routeShown(bytes: Uint8Array): unknown {
  const parsed = parseExactJson(Buffer.from(bytes).toString());
  return parsed.ok ? withoutSecrets(parsed.value) : null;
}

/** Go writes an empty list as null. */
const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length === 0 ? null : list);

export const desiredShown = ({ processGuid, shown: { ports, routes } }: Desired) => ({
  ports: orNull(ports),
  'process-guid': processGuid,
  routes: Object.fromEntries(Array.from(routes, ([key, bytes]) => [key, routeShown(bytes)])),
});

const portShown = (mapping: PortMapping) => ({
  container_port: mapping.container_port,
  host_port: mapping.host_port,
});

export const actualShown = ({ processGuid, domain, cellId, instance }: Actual) => ({
  address: instance.address,
  'cell-id': cellId,
  domain,
  evacuating: instance.isEvacuating,
  index: instance.index,
  'instance-guid': instance.guid,
  ports: orNull(instance.ports.map(portShown)),
  'process-guid': processGuid,
});

const textsOf = (list: readonly OutgoingMessage[]) =>
  orNull(list.slice(0, ROUTE_EMITTER_LIMITS.loggedMessages).map(({ message }) => message));

export const messagesShown = ({ registrations, unregistrations }: Messages) => ({
  RegistrationMessages: textsOf(registrations),
  UnregistrationMessages: textsOf(unregistrations),
});

const EVENT_NAMES = {
  'desired-created': 'desired_lrp_created',
  'desired-changed': 'desired_lrp_changed',
  'desired-removed': 'desired_lrp_removed',
  'actual-created': 'actual_lrp_created',
  'actual-changed': 'actual_lrp_changed',
  'actual-removed': 'actual_lrp_removed',
} as const;

export const eventName = (event: LrpEvent): string =>
  event.type === 'unrecognized' ? event.name : EVENT_NAMES[event.type];

/** Names of the sessions in the log; the first has no -ing in the original either. */
export const SESSIONS = {
  'desired-created': 'handle-desired-create',
  'desired-changed': 'handling-desired-update',
  'desired-removed': 'handling-desired-delete',
  'actual-created': 'handling-actual-create',
  'actual-changed': 'handling-actual-update',
  'actual-removed': 'handling-actual-delete',
} as const;
