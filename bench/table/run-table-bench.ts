import { performance } from 'node:perf_hooks';
import { ALL_SEGMENTS } from '../../src/model/isolation.ts';
import { parseRegistryMessage } from '../../src/model/registry-message.ts';
import { RouteTable, type RouteTableObserver } from '../../src/router/table/route-table.ts';
import { routesJsonPieces } from '../../src/router/table/routes-json.ts';

export interface TableBenchOptions {
  /** Sizes of table to measure. */
  readonly routeCounts: readonly number[];
  /** `small`: one tag (component). `full`: the twelve tags that Cloud Foundry sends. */
  readonly messageKinds: readonly MessageKind[];
  readonly print: (line: string) => void;
}

export type MessageKind = 'small' | 'full';

export interface TableBenchRow {
  readonly messageKind: MessageKind;
  readonly routes: number;
  readonly messageBytes: number;
  /** Growth of the JS heap per route, after garbage collection; NaN without --expose-gc. */
  readonly heapBytesPerRoute: number;
  /** CPU per message that adds a route: parse and table. */
  readonly registerUs: number;
  /** CPU per heartbeat: parse and table. */
  readonly refreshUs: number;
  readonly lookupHitNs: number;
  readonly lookupWildcardNs: number;
  /** 100 messages; garbage collection included. */
  readonly longestRegisterMs: number;
  /** Nothing stale. */
  readonly longestPruneSliceMs: number;
  /** Everything stale. */
  readonly longestPruneAllSliceMs: number;
  readonly longestDumpSliceMs: number;
}

const DEFAULT_TABLE_BENCH: TableBenchOptions = {
  routeCounts: [100_000, 1_000_000],
  messageKinds: ['small', 'full'],
  print: (line) => console.log(line),
};

const PRUNE_BUDGET = 5000;
const DUMP_BUDGET = 1000;
const STALE_MS = 120_000;
const LOOKUPS = 200_000;
const BATCH = 10_000;
const REGISTER_SLICE = 100;

const SILENT: RouteTableObserver = {
  routeRegistered: () => {},
  endpointRegistered: () => {},
  endpointUnregistered: () => {},
  endpointNotUnregistered: () => {},
  routeUnregistered: () => {},
  loadBalancingRefused: () => {},
  routePruned: () => {},
};

/**
 * Counted: the growth of `heapUsed` after a full collection from before the first to after the
 * last registration, over the routes. One route is one uri with one endpoint of its own and with
 * all indexes; the messages themselves are made in batches and are gone by then.
 */
export function runTableBench(options: TableBenchOptions = DEFAULT_TABLE_BENCH): TableBenchRow[] {
  const rows: TableBenchRow[] = [];
  for (const messageKind of options.messageKinds) {
    for (const routes of options.routeCounts) rows.push(measure(messageKind, routes));
  }
  for (const line of tableOf(rows)) options.print(line);
  return rows;
}

function measure(messageKind: MessageKind, routes: number): TableBenchRow {
  const heapBefore = collectedHeapBytes();
  const table = new RouteTable(
    {
      isHttp2Enabled: true,
      dropletStaleThresholdMs: STALE_MS,
      sharding: ALL_SEGMENTS,
      emptyPoolResponse503: true,
      emptyPoolTimeoutMs: 0,
    },
    SILENT,
  );
  let nowMs = performance.now();
  const added = registerAll(table, messageKind, routes, nowMs);
  const heapBytesPerRoute = (collectedHeapBytes() - heapBefore) / routes;
  nowMs += 1000;
  const refreshed = registerAll(table, messageKind, routes, nowMs);
  const row = {
    messageKind,
    routes,
    messageBytes: messageBytes(messageKind, 0).length,
    heapBytesPerRoute,
    registerUs: added.averageUs,
    refreshUs: refreshed.averageUs,
    longestRegisterMs: added.longestMs,
    lookupHitNs: lookupNs(table, (index) => `app-${index % routes}.apps.example.com`),
    lookupWildcardNs: lookupNs(table, (index) => `no-${index}.wild.example.com`),
    longestPruneSliceMs: longestPrune(table, nowMs + 1),
    longestDumpSliceMs: longestDump(table),
    longestPruneAllSliceMs: longestPrune(table, nowMs + STALE_MS + 1000),
  };
  if (table.routeCount !== 0) throw new Error(`${table.routeCount} routes are left`);
  return row;
}

function registerAll(
  table: RouteTable,
  messageKind: MessageKind,
  routes: number,
  nowMs: number,
): { averageUs: number; longestMs: number } {
  let totalMs = 0;
  let longestMs = 0;
  for (let from = 0; from < routes; from += BATCH) {
    const messages: Uint8Array[] = [];
    for (let at = from; at < Math.min(from + BATCH, routes); at += 1) {
      messages.push(messageBytes(messageKind, at));
    }
    for (let at = 0; at < messages.length; at += REGISTER_SLICE) {
      const start = performance.now();
      for (const bytes of messages.slice(at, at + REGISTER_SLICE)) {
        const parsed = parseRegistryMessage(bytes);
        if (!parsed.ok) throw new Error(parsed.reason);
        table.register(parsed.message, nowMs);
      }
      const spentMs = performance.now() - start;
      longestMs = Math.max(longestMs, spentMs);
      totalMs += spentMs;
    }
  }
  return { averageUs: (totalMs / routes) * 1000, longestMs };
}

function lookupNs(table: RouteTable, hostOf: (index: number) => string): number {
  const hosts: string[] = [];
  for (let at = 0; at < LOOKUPS; at += 1) {
    hosts.push(Buffer.from(hostOf((at * 7919) % LOOKUPS)).toString('latin1'));
  }
  const start = performance.now();
  let found = 0;
  for (const host of hosts) found += table.lookup(host, '/some/path') === undefined ? 0 : 1;
  const spentMs = performance.now() - start;
  if (found > LOOKUPS) throw new Error('more found than asked');
  return (spentMs / LOOKUPS) * 1e6;
}

function longestPrune(table: RouteTable, nowMs: number): number {
  const cursor = table.startPrune();
  return longestSlice(() => {
    table.pruneStep(cursor, nowMs, PRUNE_BUDGET);
    return cursor.isDone;
  });
}

function longestDump(table: RouteTable): number {
  const pieces = routesJsonPieces(table, DUMP_BUDGET);
  return longestSlice(() => pieces.next().done === true);
}

function longestSlice(step: () => boolean): number {
  let longestMs = 0;
  for (let isDone = false; !isDone; ) {
    const start = performance.now();
    isDone = step();
    longestMs = Math.max(longestMs, performance.now() - start);
  }
  return longestMs;
}

function messageBytes(kind: MessageKind, index: number): Uint8Array {
  const serial = String(index).padStart(12, '0');
  const applicationId = `11111111-2222-4333-8444-${serial}`;
  const instanceId = `aaaaaaaa-bbbb-4ccc-8ddd-${serial}`;
  const isWildcard = index === 0;
  const message = {
    // 1000 cells with many instances each.
    host: `10.0.${(index >> 8) % 4}.${index % 250}`,
    port: 61_000 + (index % 4000),
    uris: [isWildcard ? '*.wild.example.com' : `app-${index}.apps.example.com`],
    app: applicationId,
    private_instance_id: instanceId,
    private_instance_index: '0',
    server_cert_domain_san: '',
    availability_zone: `z${index % 3}`,
    stale_threshold_in_seconds: 120,
    tags: kind === 'small' ? { component: 'route-emitter' } : fullTags(index, applicationId),
  };
  return Buffer.from(JSON.stringify(message));
}

function fullTags(index: number, applicationId: string): Record<string, string> {
  const group = String(index % 200).padStart(12, '0');
  return {
    app_id: applicationId,
    app_name: `application-${index}`,
    component: 'route-emitter',
    instance_id: '0',
    organization_id: `99999999-8888-4777-8666-${group}`,
    organization_name: `organization-${index % 200}`,
    process_id: applicationId,
    process_instance_id: `aaaaaaaa-bbbb-4ccc-8ddd-${String(index).padStart(12, '0')}`,
    process_type: 'web',
    source_id: applicationId,
    space_id: `77777777-8888-4777-8666-${group}`,
    space_name: `space-${index % 200}`,
  };
}

function collectedHeapBytes(): number {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) return Number.NaN;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

function tableOf(rows: readonly TableBenchRow[]): string[] {
  const lines = ['Route table (1 endpoint per route; heap after gc, needs node --expose-gc)'];
  for (const row of rows) {
    lines.push(
      `${row.routes} routes, ${row.messageKind} messages of ${row.messageBytes} bytes`,
      `  heap per route                  ${row.heapBytesPerRoute.toFixed(0)} bytes`,
      `  register a new route            ${row.registerUs.toFixed(2)} us`,
      `  refresh (heartbeat)             ${row.refreshUs.toFixed(2)} us`,
      `  lookup, exact host              ${row.lookupHitNs.toFixed(0)} ns`,
      `  lookup, wildcard                ${row.lookupWildcardNs.toFixed(0)} ns`,
      `  longest slice of 100 registers  ${row.longestRegisterMs.toFixed(1)} ms`,
      `  longest prune slice, all fresh  ${row.longestPruneSliceMs.toFixed(1)} ms`,
      `  longest prune slice, all stale  ${row.longestPruneAllSliceMs.toFixed(1)} ms`,
      `  longest slice of /routes        ${row.longestDumpSliceMs.toFixed(1)} ms`,
    );
  }
  return lines;
}
