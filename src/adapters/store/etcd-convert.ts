/** Between the store's words and those of etcd's API (etcdserverpb). */
import type {
  ICompare,
  IEvent,
  IKeyValue,
  IRequestOp,
  IResponseOp,
  ITxnRequest,
} from 'etcd3/lib/rpc.js';
import type {
  Compare,
  KeyValue,
  Operation,
  OperationResult,
  RangeOptions,
  StoreEvent,
  Transaction,
} from '../../ports/store.ts';
import { toOrderKey } from './ordered-keys.ts';

const NO_LEASE = '0';
const FIRST = Buffer.from([0]);

const bytesOf = (key: string): Buffer => Buffer.from(key);

/** The first key above all that begin with the prefix. UTF-8 has no byte 0xff to carry over. */
function endOf(prefix: string): Buffer {
  if (prefix === '') return FIRST;
  const end = bytesOf(prefix);
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  return end;
}

export function toKeyRange(prefix: string, { after }: RangeOptions = {}) {
  const start = prefix === '' ? FIRST : bytesOf(prefix);
  const isInside = after !== undefined && toOrderKey(after) >= toOrderKey(prefix);
  const key = isInside ? Buffer.concat([bytesOf(after), FIRST]) : start;
  return { key, range_end: endOf(prefix) };
}

export const fromKv = (kv: IKeyValue): KeyValue => ({
  key: kv.key.toString(),
  value: kv.value,
  createRevision: Number(kv.create_revision),
  modRevision: Number(kv.mod_revision),
  version: Number(kv.version),
  lease: kv.lease === NO_LEASE ? undefined : kv.lease,
});

function toCompare(compare: Compare): ICompare {
  const key = bytesOf(compare.key);
  if ('modRevision' in compare) {
    return { key, target: 'Mod', result: 'Equal', mod_revision: compare.modRevision };
  }
  if ('createRevision' in compare) {
    return { key, target: 'Create', result: 'Equal', create_revision: compare.createRevision };
  }
  const result = compare.exists ? 'Greater' : 'Equal';
  return { key, target: 'Create', result, create_revision: 0 };
}

function toRequest(operation: Operation): IRequestOp {
  switch (operation.type) {
    case 'put': {
      const { buffer, byteOffset, byteLength } = operation.value;
      const value = Buffer.from(buffer, byteOffset, byteLength);
      const lease = operation.lease ?? NO_LEASE;
      return { request_put: { key: bytesOf(operation.key), value, lease } };
    }
    case 'get':
      return { request_range: { key: bytesOf(operation.key) } };
    case 'delete':
      return { request_delete_range: { key: bytesOf(operation.key) } };
    case 'deletePrefix':
      return { request_delete_range: toKeyRange(operation.prefix) };
  }
}

export const toTxn = ({ compare = [], success, failure = [] }: Transaction): ITxnRequest => ({
  compare: compare.map(toCompare),
  success: success.map(toRequest),
  failure: failure.map(toRequest),
});

export function fromResponse(operation: Operation, response: IResponseOp): OperationResult {
  if (operation.type === 'put') return { type: 'put' };
  if (operation.type !== 'get') {
    return { type: 'delete', deleted: Number(response.response_delete_range.deleted) };
  }
  const [kv] = response.response_range.kvs;
  return { type: 'get', kv: kv && fromKv(kv) };
}

/**
 * Undefined when etcd no longer knows the previous value: its own read of the revision before
 * came after a compaction. To go on would hide a part of the event.
 */
export function fromEvent({ type, kv: own, prev_kv }: IEvent): StoreEvent | undefined {
  const kv = fromKv(own);
  const { key, modRevision } = kv;
  // Absent messages are null.
  const previous = (prev_kv as IKeyValue | null) === null ? undefined : fromKv(prev_kv);
  if (type === 'Put') {
    if (previous === undefined && kv.version > 1) return undefined;
    return { type: 'put', key, kv, previous, modRevision };
  }
  return previous && { type: 'delete', key, previous, modRevision };
}
