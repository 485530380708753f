/** Locks and presences over gRPC (diego.md §8). */
import { embedded, enumeration, int64, message, repeated, string } from '../../protobuf/fields.ts';
import type { Of } from './common.ts';

export const RESOURCE_TYPE = { UNKNOWN: 0, LOCK: 1, PRESENCE: 2 } as const;

export const Resource = message('Resource', {
  key: string(1),
  owner: string(2),
  value: string(3),
  type: string(4),
  type_code: enumeration(5, RESOURCE_TYPE),
});
export type Resource = Of<typeof Resource>;

export const LockRequest = message('LockRequest', {
  resource: embedded(1, () => Resource),
  ttl_in_seconds: int64(2),
});
export const LockResponse = message('LockResponse', {});
export const FetchRequest = message('FetchRequest', { key: string(1) });
export const FetchResponse = message('FetchResponse', { resource: embedded(1, () => Resource) });
export const ReleaseRequest = message('ReleaseRequest', { resource: embedded(1, () => Resource) });
export const ReleaseResponse = message('ReleaseResponse', {});
export const FetchAllRequest = message('FetchAllRequest', {
  type: string(1),
  type_code: enumeration(2, RESOURCE_TYPE),
});
export const FetchAllResponse = message('FetchAllResponse', {
  resources: repeated(embedded(1, () => Resource)),
});
