/** Domains and cells (diego.md §2.8). */
import {
  embedded,
  int32,
  mapOf,
  message,
  repeated,
  string,
  uint32,
} from '../../protobuf/fields.ts';
import { ErrorMessage, type Of } from './common.ts';

const error = embedded(1, () => ErrorMessage);

export const UpsertDomainRequest = message('UpsertDomainRequest', {
  domain: string(1),
  /** Seconds; 0: for ever. */
  ttl: uint32(2),
});
export const UpsertDomainResponse = message('UpsertDomainResponse', { error });
export const DomainsResponse = message('DomainsResponse', { error, domains: repeated(string(2)) });

export const CellCapacity = message('CellCapacity', {
  memory_mb: int32(1),
  disk_mb: int32(2),
  containers: int32(3),
});

export const Provider = message('Provider', { name: string(1), properties: repeated(string(2)) });

export const CellPresence = message('CellPresence', {
  cell_id: string(1),
  rep_address: string(2),
  zone: string(3),
  capacity: embedded(4, () => CellCapacity),
  rootfs_providers: repeated(embedded(5, () => Provider)),
  placement_tags: repeated(string(6)),
  optional_placement_tags: repeated(string(7)),
  rep_url: string(8),
  annotations: mapOf(9, string(2)),
});
export type CellPresence = Of<typeof CellPresence>;

export const CellsResponse = message('CellsResponse', {
  error,
  cells: repeated(embedded(2, () => CellPresence)),
});
