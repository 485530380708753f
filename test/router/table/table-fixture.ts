import { ALL_SEGMENTS } from '../../../src/model/isolation.ts';
import { ZERO_MODIFICATION_TAG } from '../../../src/model/modification-tag.ts';
import {
  NO_LOAD_BALANCING_OPTION,
  type RegistryMessage,
} from '../../../src/model/registry-message.ts';
import type { Random } from '../../../src/ports/random.ts';
import type { BalancingSettings } from '../../../src/router/table/choose-endpoint.ts';
import type { Pool } from '../../../src/router/table/pool.ts';
import {
  RouteTable,
  type RouteTableObserver,
  type RouteTableSettings,
} from '../../../src/router/table/route-table.ts';

export const STALE_MS = 120_000;

export function message(fields: Partial<RegistryMessage> = {}): RegistryMessage {
  return {
    host: '10.0.0.1',
    port: 8080,
    tlsPort: 0,
    uris: ['foo.com'],
    applicationId: '',
    privateInstanceId: '',
    privateInstanceIndex: '',
    tags: undefined,
    isolationSegment: '',
    availabilityZone: '',
    serverCertDomainSan: '',
    protocol: '',
    routeServiceUrl: '',
    staleThresholdSeconds: 0,
    endpointUpdatedAtNs: 0,
    loadBalancing: NO_LOAD_BALANCING_OPTION,
    modificationTag: ZERO_MODIFICATION_TAG,
    ...fields,
  };
}

/** A table and the list of what its observer has heard. */
export function newTable(settings: Partial<RouteTableSettings> = {}): {
  table: RouteTable;
  heard: string[];
} {
  const heard: string[] = [];
  const observer: RouteTableObserver = {
    routeRegistered: (key) => heard.push(`route-registered ${key}`),
    endpointRegistered: (key, endpoint, result) =>
      heard.push(`endpoint-registered ${key} ${endpoint.address} ${result}`),
    endpointUnregistered: (key, endpoint) =>
      heard.push(`endpoint-unregistered ${key} ${endpoint.address}`),
    endpointNotUnregistered: (key, endpoint) =>
      heard.push(`endpoint-not-unregistered ${key} ${endpoint.address}`),
    routeUnregistered: (key) => heard.push(`route-unregistered ${key}`),
    loadBalancingRefused: (key, option) =>
      heard.push(`load-balancing-refused ${key} ${option.algorithm}`),
    routePruned: (key, endpoints, segment) =>
      heard.push(`pruned-route ${key} ${endpoints.map((each) => each.address)} ${segment}`),
  };
  const table = new RouteTable(
    {
      isHttp2Enabled: true,
      dropletStaleThresholdMs: STALE_MS,
      sharding: ALL_SEGMENTS,
      emptyPoolResponse503: false,
      emptyPoolTimeoutMs: 0,
      ...settings,
    },
    observer,
  );
  return { table, heard };
}

export function pruneAll(table: RouteTable, nowMs: number, budget = 1000): number {
  const cursor = table.startPrune();
  while (!cursor.isDone) table.pruneStep(cursor, nowMs, budget);
  return cursor.prunedEndpoints;
}

export function addressesOf(pool: Pool | undefined): string[] | undefined {
  return pool?.members.map((member) => member.endpoint.address);
}

/** A small generator with a fixed seed (Park and Miller). */
export function seededRandom(seed = 1): Random {
  let state = seed;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    hex: (bytes) => '0'.repeat(bytes * 2),
    uuid: () => '00000000-0000-4000-8000-000000000000',
  };
}

export function balancing(settings: Partial<BalancingSettings> = {}): BalancingSettings {
  return {
    defaultAlgorithm: 'round-robin',
    maxConnectionsPerEndpoint: 0,
    random: seededRandom(),
    ...settings,
  };
}
