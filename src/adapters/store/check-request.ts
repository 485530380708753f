/** What is refused before it reaches any store, so that all stores refuse the same. */
import type { Compare, Operation, RangeOptions, Transaction } from '../../ports/store.ts';
import { type Failure, failure } from './results.ts';

export const STORE_LIMITS = {
  /** LMDB holds keys of up to 1 978 bytes; a key prefix needs some of it. */
  keyBytes: 1_024,
  valueBytes: 1_024 * 1_024,
  /** Keys and values of one transaction; etcd takes requests of 1.5 MiB. */
  transactionBytes: 1_280 * 1_024,
  /** Per list of a transaction; etcd's --max-txn-ops. */
  transactionOperations: 128,
  /** etcd refuses more than 9 000 000 000 s; timers take any delay. */
  leaseTtlMs: 365 * 24 * 3_600_000,
} as const;

export function keyProblem(key: string, allowEmpty = false): Failure | undefined {
  if (key === '' && !allowEmpty) return failure('invalid', 'a key must not be empty');
  if (!key.isWellFormed()) return failure('invalid', 'a key must be well-formed Unicode');
  if (key.includes('\0')) return failure('invalid', 'a key must not contain NUL');
  return Buffer.byteLength(key) > STORE_LIMITS.keyBytes
    ? failure('too-large', `a key must not exceed ${STORE_LIMITS.keyBytes} bytes`)
    : undefined;
}

const isCount = (value: number, least: number): boolean =>
  Number.isSafeInteger(value) && value >= least;

export const revisionProblem = (revision: number, least = 0): Failure | undefined =>
  isCount(revision, least)
    ? undefined
    : failure('invalid', `a revision must be a whole number of at least ${least}`);

export function rangeProblem(prefix: string, options: RangeOptions): Failure | undefined {
  const { after, limit, atRevision } = options;
  if (limit !== undefined && !isCount(limit, 1)) {
    return failure('invalid', 'a limit must be a whole number above 0');
  }
  return (
    keyProblem(prefix, true) ??
    (after === undefined ? undefined : keyProblem(after, true)) ??
    (atRevision === undefined ? undefined : revisionProblem(atRevision, 1))
  );
}

export function ttlProblem(ttlMs: number): Failure | undefined {
  return ttlMs > 0 && ttlMs <= STORE_LIMITS.leaseTtlMs
    ? undefined
    : failure('invalid', `a TTL must be above 0 and at most ${STORE_LIMITS.leaseTtlMs} ms`);
}

const keyOf = (operation: Operation): string =>
  operation.type === 'deletePrefix' ? operation.prefix : operation.key;

function operationProblem(operation: Operation): Failure | undefined {
  const problem = keyProblem(keyOf(operation));
  if (problem !== undefined || operation.type !== 'put') return problem;
  return operation.value.length > STORE_LIMITS.valueBytes
    ? failure('too-large', `a value must not exceed ${STORE_LIMITS.valueBytes} bytes`)
    : undefined;
}

/** etcd refuses a key that is put twice, or put and deleted, in one transaction. */
function overlapProblem(operations: readonly Operation[]): Failure | undefined {
  const puts = new Set<string>();
  for (const operation of operations) {
    if (operation.type !== 'put') continue;
    if (puts.has(operation.key)) return failure('invalid', `${operation.key} is put twice`);
    puts.add(operation.key);
  }
  for (const operation of operations) {
    const isHit =
      (operation.type === 'delete' && puts.has(operation.key)) ||
      (operation.type === 'deletePrefix' &&
        [...puts].some((key) => key.startsWith(operation.prefix)));
    if (isHit) return failure('invalid', `${keyOf(operation)} is put and deleted`);
  }
  return undefined;
}

const bytesOf = (operation: Operation): number =>
  Buffer.byteLength(keyOf(operation)) + (operation.type === 'put' ? operation.value.length : 0);

export function transactionProblem(transaction: Transaction): Failure | undefined {
  const { compare = [], success, failure: otherwise = [] } = transaction;
  const lists: readonly (readonly (Compare | Operation)[])[] = [compare, success, otherwise];
  if (lists.some((list) => list.length > STORE_LIMITS.transactionOperations)) {
    const most = STORE_LIMITS.transactionOperations;
    return failure('too-large', `a transaction takes ${most} comparisons or operations`);
  }
  const operations = [...success, ...otherwise];
  if (operations.length === 0) return failure('invalid', 'a transaction needs an operation');
  for (const own of compare) {
    const revision = 'modRevision' in own ? own.modRevision : 0;
    const created = 'createRevision' in own ? own.createRevision : 0;
    const problem = keyProblem(own.key) ?? revisionProblem(revision) ?? revisionProblem(created);
    if (problem !== undefined) return problem;
  }
  for (const operation of operations) {
    const problem = operationProblem(operation);
    if (problem !== undefined) return problem;
  }
  const compareBytes = compare.reduce((sum, { key }) => sum + Buffer.byteLength(key), 0);
  if (
    operations.reduce((sum, own) => sum + bytesOf(own), compareBytes) >
    STORE_LIMITS.transactionBytes
  ) {
    return failure('too-large', `a transaction takes ${STORE_LIMITS.transactionBytes} bytes`);
  }
  return overlapProblem(success) ?? overlapProblem(otherwise);
}
