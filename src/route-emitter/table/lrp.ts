/** What the table needs of LRPs, whichever way they came (diego.md §11.4). */
import type { PortMapping as PortMappingMessage } from '../../model/bbs/messages/actual-lrp.ts';
import type { Of } from '../../model/bbs/messages/common.ts';

export interface Tag {
  readonly epoch: string;
  readonly index: number;
}

/** diego.md §3.10: without an epoch, or with another one, the newcomer wins. */
export function isSucceededBy(stored: Tag | undefined, next: Tag | undefined): boolean {
  if (stored === undefined || next === undefined) return true;
  if (stored.epoch === '' || next.epoch === '') return true;
  return stored.epoch !== next.epoch || stored.index < next.index;
}

export const isRemovableBy = (stored: Tag | undefined, given: Tag | undefined): boolean =>
  isSucceededBy(stored, given) ||
  (stored?.epoch === given?.epoch && stored?.index === given?.index);

/** Tags of a route's messages; `dynamic` ones differ from instance to instance. */
export interface MetricTags {
  readonly fixed: Readonly<Record<string, string>>;
  readonly dynamic: readonly { readonly name: string; readonly of: 'index' | 'guid' }[];
}

/** What all routes of one desired LRP have in common. */
export interface RoutedApp {
  readonly logGuid: string;
  readonly tags: MetricTags;
}

export interface Route {
  /** Found by service discovery, not by routers; its container port is 0. */
  readonly isInternal: boolean;
  readonly containerPort: number;
  /** May include a path. */
  readonly hostname: string;
  readonly routeServiceUrl: string;
  readonly isolationSegment: string;
  readonly protocol: string;
  /** Any JSON; undefined when there is none. */
  readonly options: unknown;
  readonly app: RoutedApp;
}

/** Of a desired LRP, for log lines. */
export interface ShownDesired {
  readonly ports: readonly number[];
  readonly routes: ReadonlyMap<string, Uint8Array>;
}

export interface Desired {
  readonly processGuid: string;
  readonly domain: string;
  readonly instances: number;
  readonly tag: Tag | undefined;
  readonly routes: readonly Route[];
  readonly shown: ShownDesired;
}

export type PortMapping = Of<typeof PortMappingMessage>;

/** A container that runs: what is kept of an actual LRP. */
export interface Instance {
  readonly guid: string;
  readonly index: number;
  readonly isEvacuating: boolean;
  /** Of the cell, and of the container itself. */
  readonly address: string;
  readonly instanceAddress: string;
  /** PREFERRED_ADDRESS */
  readonly preferredAddress: number;
  readonly ports: readonly PortMapping[];
  /** Nanoseconds since 1970. */
  readonly since: bigint;
  readonly tag: Tag | undefined;
  readonly zone: string;
}

export interface Actual {
  readonly processGuid: string;
  readonly domain: string;
  readonly cellId: string;
  readonly state: string;
  /** Undefined: the cell does not tell, and it counts as routable. */
  readonly isRoutable: boolean | undefined;
  readonly instance: Instance;
}

export type LrpEvent =
  | { readonly type: 'desired-created' | 'desired-removed'; readonly desired: Desired }
  | { readonly type: 'desired-changed'; readonly before: Desired; readonly after: Desired }
  | { readonly type: 'actual-created' | 'actual-removed'; readonly actual: Actual }
  | { readonly type: 'actual-changed'; readonly before: Actual; readonly after: Actual }
  | { readonly type: 'unrecognized'; readonly name: string };

export const isRunning = ({ state }: Actual): boolean => state === 'RUNNING';
export const isRouted = (actual: Actual): boolean =>
  isRunning(actual) && actual.isRoutable !== false;

export const isSameRoute = (a: Route, b: Route): boolean =>
  a === b ||
  (a.hostname === b.hostname &&
    a.containerPort === b.containerPort &&
    a.isInternal === b.isInternal &&
    a.routeServiceUrl === b.routeServiceUrl &&
    a.isolationSegment === b.isolationSegment &&
    a.protocol === b.protocol &&
    a.app.logGuid === b.app.logGuid);

/** The mapping that leads to a route's port; `internal`: the container itself is addressed. */
export const mappingFor = (
  instance: Instance,
  { isInternal, containerPort }: Route,
): PortMapping | 'internal' | undefined =>
  isInternal
    ? 'internal'
    : instance.ports.find(({ container_port }) => container_port === containerPort);
