/** The JSON of `router.register` and `router.unregister` (diego.md §11.9). */
import { PREFERRED_ADDRESS } from '../../model/bbs/messages/actual-lrp.ts';
import { exactInteger, type RawNumber } from '../../model/receptor/exact-json.ts';
import type { Change } from './diff-routes.ts';
import type { Instance, MetricTags, Route } from './lrp.ts';

/** Fields stand in the order in which the original writes them. */
export interface RegistryMessage {
  host: string;
  port: number;
  tls_port?: number;
  uris: readonly string[];
  protocol?: string;
  app?: string;
  route_service_url?: string;
  private_instance_id?: string;
  private_instance_index?: string;
  server_cert_domain_san?: string;
  isolation_segment?: string;
  endpoint_updated_at_ns?: RawNumber;
  tags?: Readonly<Record<string, string>>;
  availability_zone?: string;
  options?: unknown;
}

export interface OutgoingMessage {
  readonly isInternal: boolean;
  readonly message: RegistryMessage;
}

export interface Messages {
  readonly registrations: readonly OutgoingMessage[];
  readonly unregistrations: readonly OutgoingMessage[];
}

export interface MessageRules {
  readonly style: 'per-hostname' | 'per-endpoint';
  readonly isDirectInstanceRoutes: boolean;
}

function tagsOf({ fixed, dynamic }: MetricTags, { index, guid }: Instance) {
  if (dynamic.length === 0) return fixed;
  const own = dynamic.map(({ name, of }) => [name, of === 'index' ? `${index}` : guid] as const);
  return Object.fromEntries(
    [...Object.entries(fixed), ...own].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const isDirect = ({ preferredAddress }: Instance, rules: MessageRules): boolean =>
  preferredAddress === PREFERRED_ADDRESS.INSTANCE ||
  (preferredAddress === PREFERRED_ADDRESS.UNKNOWN && rules.isDirectInstanceRoutes);

function internalMessage({ route, instance }: Change): RegistryMessage {
  const { hostname, app } = route;
  const message: RegistryMessage = {
    host: instance.instanceAddress,
    port: 0,
    uris: [hostname, `${instance.index}.${hostname}`],
  };
  if (app.logGuid !== '') message.app = app.logGuid;
  message.private_instance_index = `${instance.index}`;
  message.tags = { component: 'route-emitter' };
  return message;
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly tlsPort: number;
}

function addressOf({ instance, mapping }: Change, isOfContainer: boolean): Address {
  if (mapping === 'internal') return { host: instance.instanceAddress, port: 0, tlsPort: 0 };
  return isOfContainer
    ? {
        host: instance.instanceAddress,
        port: mapping.container_port,
        tlsPort: mapping.container_tls_proxy_port,
      }
    : {
        host: instance.address,
        port: mapping.host_port,
        tlsPort: mapping.host_tls_proxy_port,
      };
}

function hostnameMessage(change: Change, rules: MessageRules): RegistryMessage {
  const { route, instance, isTimed } = change;
  const isOfContainer = isDirect(instance, rules);
  const { host, port, tlsPort } = addressOf(change, isOfContainer);
  const message = { host, port } as RegistryMessage;
  if (tlsPort !== 0) message.tls_port = tlsPort;
  message.uris = [route.hostname];
  if (route.protocol !== '') message.protocol = route.protocol;
  if (route.app.logGuid !== '') message.app = route.app.logGuid;
  if (route.routeServiceUrl !== '') message.route_service_url = route.routeServiceUrl;
  message.private_instance_id = instance.guid;
  message.private_instance_index = `${instance.index}`;
  message.server_cert_domain_san = instance.guid;
  if (route.isolationSegment !== '') message.isolation_segment = route.isolationSegment;
  if (isTimed && instance.since !== 0n) {
    message.endpoint_updated_at_ns = exactInteger(instance.since);
  }
  message.tags = tagsOf(route.app.tags, instance);
  if (instance.zone !== '') message.availability_zone = instance.zone;
  if (route.options !== undefined && !isOfContainer) message.options = route.options;
  return message;
}

/** Of 2015: one for all hostnames that are registered under the same conditions. */
function endpointMessage(change: Change, uris: readonly string[], rules: MessageRules) {
  const { route, instance } = change;
  const { host, port } = addressOf(change, isDirect(instance, rules));
  const message: RegistryMessage = { host, port, uris };
  if (route.app.logGuid !== '') message.app = route.app.logGuid;
  if (route.routeServiceUrl !== '') message.route_service_url = route.routeServiceUrl;
  message.private_instance_id = instance.guid;
  return message;
}

const isSameGroup = (a: Change, b: Change): boolean =>
  a.instance === b.instance &&
  a.mapping === b.mapping &&
  a.isRegister === b.isRegister &&
  a.route.routeServiceUrl === b.route.routeServiceUrl &&
  a.route.app.logGuid === b.route.app.logGuid;

/** A registration names every hostname of the endpoint, an unregistration those that go. */
function hostnamesOf(change: Change, group: readonly Change[], routes: readonly Route[]) {
  if (!change.isRegister) return group.map(({ route }) => route.hostname);
  return routes
    .filter(
      ({ isInternal, containerPort, routeServiceUrl, app }) =>
        !isInternal &&
        containerPort === change.route.containerPort &&
        routeServiceUrl === change.route.routeServiceUrl &&
        app.logGuid === change.route.app.logGuid,
    )
    .map(({ hostname }) => hostname);
}

function* endpointMessages(
  changes: readonly Change[],
  routes: readonly Route[],
  rules: MessageRules,
): Generator<readonly [Change, RegistryMessage]> {
  let rest = changes;
  for (let first = rest[0]; first !== undefined; first = rest[0]) {
    const head: Change = first;
    const group = rest.filter((change) => isSameGroup(change, head));
    rest = rest.filter((change) => !isSameGroup(change, head));
    const uris = [...new Set(hostnamesOf(head, group, routes))];
    yield [head, endpointMessage(head, uris, rules)];
  }
}

function* messagesOf(
  changes: readonly Change[],
  routes: readonly Route[],
  rules: MessageRules,
): Generator<readonly [Change, RegistryMessage]> {
  const isInternal = ({ route }: Change): boolean => route.isInternal;
  for (const change of changes) {
    if (isInternal(change)) yield [change, internalMessage(change)];
    else if (rules.style === 'per-hostname') yield [change, hostnameMessage(change, rules)];
  }
  if (rules.style === 'per-hostname') return;
  yield* endpointMessages(
    changes.filter((change) => !isInternal(change)),
    routes,
    rules,
  );
}

/** The messages for changes of one LRP; `routes` are those that it has now. */
export function toMessages(
  changes: readonly Change[],
  routes: readonly Route[],
  rules: MessageRules,
): Messages {
  const registrations: OutgoingMessage[] = [];
  const unregistrations: OutgoingMessage[] = [];
  for (const [{ isRegister, route }, message] of messagesOf(changes, routes, rules)) {
    const { isInternal } = route;
    (isRegister ? registrations : unregistrations).push({ isInternal, message });
  }
  return { registrations, unregistrations };
}
