/**
 * Routes and endpoints of all LRPs, as plain data (diego.md §11.4, §11.5). Every operation answers
 * with what routers are to be told; stale ones are told from new ones by modification tags.
 */
import { AddressOwners, type Collision } from './address-owners.ts';
import { type Change, diffRoutes, NOTHING, type View } from './diff-routes.ts';
import {
  type Actual,
  type Desired,
  type Instance,
  isRemovableBy,
  isSucceededBy,
  mappingFor,
  type Route,
  type Tag,
} from './lrp.ts';

/** All that is known under one process guid. */
export interface Process extends View {
  readonly domain: string;
  /** 0: not known, or none. */
  readonly desiredInstances: number;
  /** Of the desired LRP; undefined: it was not seen. */
  readonly tag: Tag | undefined;
}

export interface TableCounts {
  readonly processes: number;
  readonly routes: number;
}

const NO_CHANGES: readonly Change[] = [];
const NO_PROCESS: Process = { ...NOTHING, domain: '', desiredInstances: 0, tag: undefined };

const isSameKey = (a: Instance, b: Instance): boolean =>
  a.guid === b.guid && a.isEvacuating === b.isEvacuating;

const isBeyond = ({ desiredInstances }: Process, { index }: Instance): boolean =>
  desiredInstances > 0 && index >= desiredInstances;

const withGuid = (instances: readonly Instance[], guid: string): readonly Instance[] =>
  instances.filter((one) => one.guid === guid);

export class RoutingTable {
  readonly #processes = new Map<string, Process>();
  readonly #owners = new AddressOwners();
  readonly #onCollision: (collision: Collision) => void;

  constructor(onCollision: (collision: Collision) => void) {
    this.#onCollision = onCollision;
  }

  get size(): number {
    return this.#processes.size;
  }

  get(processGuid: string): Process | undefined {
    return this.#processes.get(processGuid);
  }

  entries(): IterableIterator<[string, Process]> {
    return this.#processes.entries();
  }

  hasRoutes(processGuid: string): boolean {
    return (this.#processes.get(processGuid)?.routes.length ?? 0) > 0;
  }

  /** Puts a process there as it is; without routes and instances it is removed. */
  put(processGuid: string, process: Process): void {
    if (process.routes.length === 0 && process.instances.length === 0) {
      this.#processes.delete(processGuid);
    } else this.#processes.set(processGuid, process);
  }

  /** A desired LRP is there, or is another; `before` is what an event says that it was. */
  setRoutes(before: Desired | undefined, after: Desired): readonly Change[] {
    const old = this.#processes.get(after.processGuid) ?? NO_PROCESS;
    if (old.tag !== undefined && !isSucceededBy(old.tag, after.tag)) return NO_CHANGES;
    const isScaledDown = before !== undefined && before.instances > after.instances;
    const next: Process = {
      domain: after.domain,
      desiredInstances: after.instances,
      tag: after.tag,
      routes: after.routes,
      instances: isScaledDown
        ? old.instances.filter(({ index }) => index < after.instances)
        : old.instances,
    };
    if (isScaledDown) {
      for (const one of old.instances) if (one.index >= after.instances) this.#release(one, next);
    }
    this.put(after.processGuid, next);
    return diffRoutes(old, next);
  }

  /** The desired LRP is gone; its instances stay until they are gone themselves. */
  removeRoutes(desired: Desired): readonly Change[] {
    const old = this.#processes.get(desired.processGuid);
    if (old === undefined || !isRemovableBy(old.tag, desired.tag)) return NO_CHANGES;
    const next = { ...old, routes: NOTHING.routes, desiredInstances: 0, tag: desired.tag };
    this.put(desired.processGuid, next);
    return diffRoutes(old, next);
  }

  /** An instance runs, or runs elsewhere. */
  addEndpoint({ processGuid, domain, instance }: Actual): readonly Change[] {
    const old = this.#processes.get(processGuid) ?? { ...NO_PROCESS, domain };
    if (isBeyond(old, instance)) return NO_CHANGES;
    const place = old.instances.findIndex((one) => isSameKey(one, instance));
    const stored = old.instances[place];
    if (stored !== undefined && !isSucceededBy(stored.tag, instance.tag)) return NO_CHANGES;
    const instances =
      place < 0 ? [...old.instances, instance] : old.instances.with(place, instance);
    const next: Process = { ...old, instances };
    if (stored !== undefined) this.#release(stored, next);
    this.#claim(instance);
    this.put(processGuid, next);
    return this.#diffOfGuid(old, next, instance.guid);
  }

  /**
   * Fills a table that nobody uses yet. No instance may come twice; only so an LRP of a hundred
   * thousand instances costs no more than as many LRPs.
   */
  load({ processGuid, domain, instance }: Actual): void {
    const old = this.#processes.get(processGuid);
    if (old === undefined || old.instances.length === 0) {
      const process = old ?? { ...NO_PROCESS, domain };
      if (isBeyond(process, instance)) return;
      this.#processes.set(processGuid, { ...process, instances: [instance] });
    } else {
      if (isBeyond(old, instance)) return;
      // The list above was made here and is nobody else's.
      (old.instances as Instance[]).push(instance);
    }
    this.#claim(instance);
  }

  /** An instance does not run any more. */
  removeEndpoint({ processGuid, instance }: Actual): readonly Change[] {
    const old = this.#processes.get(processGuid);
    const stored = old?.instances.find((one) => isSameKey(one, instance));
    if (old === undefined || stored === undefined) return NO_CHANGES;
    if (!isRemovableBy(stored.tag, instance.tag)) return NO_CHANGES;
    const next: Process = { ...old, instances: old.instances.filter((one) => one !== stored) };
    this.#release(stored, next);
    this.put(processGuid, next);
    return this.#diffOfGuid(old, next, stored.guid);
  }

  counts(): TableCounts {
    let routes = 0;
    for (const process of this.#processes.values()) routes += routesOf(process);
    return { processes: this.#processes.size, routes };
  }

  /** An event about one instance can change nothing else. */
  #diffOfGuid(old: Process, next: Process, guid: string): readonly Change[] {
    const { routes } = next;
    return diffRoutes(
      { routes, instances: withGuid(old.instances, guid) },
      { routes, instances: withGuid(next.instances, guid) },
    );
  }

  #claim({ address, ports, guid }: Instance): void {
    for (const { host_port: port } of ports) {
      const owner = this.#owners.claim(address, port, guid);
      if (owner !== undefined) this.#reportCollision(owner, guid, address, port);
    }
  }

  #release({ address, ports, guid }: Instance, next: View): void {
    // The same container may be there a second time, evacuating.
    if (next.instances.some((one) => one.guid === guid && one.address === address)) return;
    for (const { host_port: port } of ports) {
      const owner = this.#owners.release(address, port, guid);
      if (owner !== undefined) this.#reportCollision(owner, guid, address, port);
    }
  }

  #reportCollision(instanceGuidA: string, instanceGuidB: string, host: string, port: number): void {
    this.#onCollision({ instanceGuidA, instanceGuidB, address: `${host}:${port}` });
  }
}

const countFor = (route: Route, instances: readonly Instance[]): number => {
  let count = 0;
  for (const instance of instances) if (mappingFor(instance, route) !== undefined) count += 1;
  return count;
};

const routesOf = ({ routes, instances }: Process): number =>
  routes.reduce((sum, route) => sum + countFor(route, instances), 0);
