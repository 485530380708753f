export type ShardingMode = 'all' | 'segments' | 'shared-and-segments';

export interface Sharding {
  readonly mode: ShardingMode;
  readonly segments: ReadonlySet<string>;
}

export const ALL_SEGMENTS: Sharding = { mode: 'all', segments: new Set() };

/** Which isolation segments this router serves (gorouter.md §3.7). Names are case-sensitive. */
export function acceptsSegment(sharding: Sharding, segment: string): boolean {
  if (sharding.mode === 'all') return true;
  if (segment === '') return sharding.mode === 'shared-and-segments';
  return sharding.segments.has(segment);
}
