import type { RegistryOptions } from './options.ts';
import type { RouteTableSettings } from './table/route-table.ts';

/** The part of the options that the route table goes by. */
export function tableSettings(registry: RegistryOptions): RouteTableSettings {
  return {
    isHttp2Enabled: registry.isHttp2Enabled,
    dropletStaleThresholdMs: registry.staleThresholdMs,
    sharding: { mode: registry.shardingMode, segments: new Set(registry.isolationSegments) },
    emptyPoolResponse503: registry.emptyPoolResponse503,
    emptyPoolTimeoutMs: registry.emptyPoolTimeoutMs,
  };
}
