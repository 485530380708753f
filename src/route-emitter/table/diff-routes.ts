/** From two states of one LRP to what routers are told (diego.md §11.4). */
import { type Instance, isSameRoute, mappingFor, type PortMapping, type Route } from './lrp.ts';

/** One route of one endpoint, to be registered or unregistered. */
export interface Change {
  readonly isRegister: boolean;
  readonly route: Route;
  readonly instance: Instance;
  readonly mapping: PortMapping | 'internal';
  /** The endpoint itself is new: routers are told since when it is as it is. */
  readonly isTimed: boolean;
}

export interface View {
  readonly routes: readonly Route[];
  readonly instances: readonly Instance[];
}

export const NOTHING: View = { routes: [], instances: [] };

type Mapping = PortMapping | 'internal';

function isSameMapping(a: Mapping, b: Mapping): boolean {
  if (a === 'internal' || b === 'internal') return a === b;
  return (
    a.host_port === b.host_port &&
    a.container_port === b.container_port &&
    a.host_tls_proxy_port === b.host_tls_proxy_port &&
    a.container_tls_proxy_port === b.container_tls_proxy_port
  );
}

/** Tag, time and evacuation do not count: a hand-over changes nothing for routers. */
const isSameEndpoint = (a: Instance, aMapping: Mapping, b: Instance, bMapping: Mapping): boolean =>
  a.guid === b.guid &&
  a.index === b.index &&
  a.address === b.address &&
  a.instanceAddress === b.instanceAddress &&
  a.preferredAddress === b.preferredAddress &&
  a.zone === b.zone &&
  isSameMapping(aMapping, bMapping);

/** Above this many instances they are looked up, not searched. */
const FEW = 8;

/** A view, and the instances that have a guid: an ordinary one, an evacuating one, or both. */
class Side {
  readonly routes: readonly Route[];
  readonly instances: readonly Instance[];
  /** Without an evacuating copy no instance is there twice. */
  readonly hasTwins: boolean;
  #byGuid: Map<string, Instance[]> | undefined;

  constructor({ routes, instances }: View) {
    this.routes = routes;
    this.instances = instances;
    this.hasTwins = instances.some(({ isEvacuating }) => isEvacuating);
  }

  find(guid: string): readonly Instance[] {
    if (this.instances.length <= FEW) return this.instances.filter((one) => one.guid === guid);
    this.#byGuid ??= Map.groupBy(this.instances, (one) => one.guid);
    return this.#byGuid.get(guid) ?? [];
  }
}

function endpointIn(side: Side, route: Route, instance: Instance, mapping: Mapping) {
  return side.find(instance.guid).find((other) => {
    const own = mappingFor(other, route);
    return own !== undefined && isSameEndpoint(instance, mapping, other, own);
  });
}

const hasRoute = (routes: readonly Route[], route: Route): boolean =>
  routes.some((other) => isSameRoute(other, route));

/** All of `own` that `other` has not, each route of each endpoint once. */
function addMissing(changes: Change[], own: Side, other: Side, isRegister: boolean): void {
  for (const route of own.routes) {
    const isKept = hasRoute(other.routes, route);
    for (const instance of own.instances) {
      const mapping = mappingFor(instance, route);
      if (mapping === undefined) continue;
      if (isKept && endpointIn(other, route, instance, mapping) !== undefined) continue;
      if (own.hasTwins && endpointIn(own, route, instance, mapping) !== instance) continue;
      changes.push({ isRegister, route, instance, mapping, isTimed: isRegister && isKept });
    }
  }
}

/** Most of what is read anew is as it was, in the same order. */
function isUnchanged(before: View, after: View): boolean {
  return (
    before.routes.length === after.routes.length &&
    before.instances.length === after.instances.length &&
    before.routes.every((route, index) => isSameRoute(route, after.routes[index] as Route)) &&
    before.instances.every((one, index) => isSameInstance(one, after.instances[index] as Instance))
  );
}

/** With all its ports, and not only for one route. */
const isSameInstance = (a: Instance, b: Instance): boolean =>
  a.ports.length === b.ports.length &&
  isSameEndpoint(a, 'internal', b, 'internal') &&
  a.ports.every((mapping, index) => isSameMapping(mapping, b.ports[index] as PortMapping));

/** What leads from `before` to `after`. */
export function diffRoutes(before: View, after: View): Change[] {
  const changes: Change[] = [];
  if (before.routes.length === 0 && after.routes.length === 0) return changes;
  if (before.instances.length > 0 && isUnchanged(before, after)) return changes;
  const [old, next] = [new Side(before), new Side(after)];
  addMissing(changes, next, old, true);
  addMissing(changes, old, next, false);
  return changes;
}
