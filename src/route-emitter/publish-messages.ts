/** Tells the routers (diego.md §11.9). */
import { Buffer } from 'node:buffer';
import { ROUTE_EMITTER_LIMITS } from './options.ts';
import type { RouteEmitterState } from './state.ts';
import type { Change } from './table/diff-routes.ts';
import { type Messages, type OutgoingMessage, toMessages } from './table/registry-messages.ts';
import type { RoutingTable } from './table/routing-table.ts';

/** The session that the original's emitter has in its log lines. */
const EMITTER_SESSION = '3';

type Verb = 'register' | 'unregister';

/** False: there is no connection, and the message is lost. */
export function publishOne(
  { ports: { bus, log }, counts }: RouteEmitterState,
  verb: Verb,
  { isInternal, message }: OutgoingMessage,
): boolean {
  const subject = `${isInternal ? 'service-discovery' : 'router'}.${verb}`;
  if (log.isEnabled('debug')) {
    log.debug('route-emitter.nats-emitter.emit', { message, session: EMITTER_SESSION, subject });
  }
  const data = Buffer.from(JSON.stringify(message));
  if (data.length > ROUTE_EMITTER_LIMITS.messageBytes) {
    // Servers and routers refuse it, and sending it again would not help.
    counts.messagesRefused += 1;
    const { private_instance_id: instance = '' } = message;
    log.error('route-emitter.nats-emitter.message-too-large', { bytes: data.length, instance });
    return true;
  }
  const isSent = bus.publish(subject, data);
  if (isSent) counts.messagesEmitted += 1;
  else counts.messagesLost += 1;
  return isSent;
}

/** By this a router knows an endpoint of a route. */
const endpointKeys = ({ message }: OutgoingMessage): readonly string[] => {
  const { host, port, tls_port = 0, uris, private_instance_id = '' } = message;
  return uris.map((uri) => `${host}:${tls_port || port} ${private_instance_id} ${uri}`);
};

/**
 * New routes first, so that an app is never without one. Where a router cannot tell the endpoint
 * that comes from the one that goes (a route's service URL changed) the old one must go first.
 */
export function publishMessages(state: RouteEmitterState, messages: Messages): void {
  const { registrations, unregistrations } = messages;
  const { counts } = state;
  let later = unregistrations;
  const unregister = (outgoing: OutgoingMessage): void => {
    counts.routesUnregistered += outgoing.message.uris.length;
    // Nobody hears it now, and nothing else would say it again.
    if (!publishOne(state, 'unregister', outgoing)) state.unregistrations.add(outgoing);
  };
  if (registrations.length > 0 && unregistrations.length > 0) {
    const coming = new Set(registrations.flatMap(endpointKeys));
    const isSame = (one: OutgoingMessage) => endpointKeys(one).some((key) => coming.has(key));
    for (const outgoing of unregistrations) if (isSame(outgoing)) unregister(outgoing);
    later = unregistrations.filter((outgoing) => !isSame(outgoing));
  }
  for (const outgoing of registrations) {
    counts.routesRegistered += outgoing.message.uris.length;
    state.unregistrations.remove(outgoing);
    publishOne(state, 'register', outgoing);
  }
  for (const outgoing of later) unregister(outgoing);
}

/** Unregistrations that are to be repeated (§11.7): one may be lost on the way. */
export function repeatLater({ unregistrations }: RouteEmitterState, messages: Messages): void {
  for (const outgoing of messages.unregistrations) unregistrations.add(outgoing);
  for (const outgoing of messages.registrations) unregistrations.remove(outgoing);
}

/** The messages for changes of one LRP, whose routes by now are in `table`. */
export function messagesFor(
  { rules }: RouteEmitterState,
  table: RoutingTable,
  processGuid: string,
  changes: readonly Change[],
): Messages {
  if (changes.length === 0) return NO_MESSAGES;
  return toMessages(changes, table.get(processGuid)?.routes ?? [], rules);
}

const NO_MESSAGES: Messages = { registrations: [], unregistrations: [] };
