import { expect, it } from 'vitest';
import type { StoreError } from '../../../src/ports/store.ts';
import {
  change,
  codeOf,
  type Fixture,
  now,
  type Opened,
  put,
  putOp,
  read,
  record,
  until,
  value,
} from './kit.ts';

function expiring(fixture: Fixture, opened: () => Opened): void {
  const store = () => opened().store;
  const { shortTtlMs, leaseToleranceMs } = fixture;

  it('ends a lease on time, all its keys as one revision', async () => {
    const lease = value(await store().grantLease(shortTtlMs));
    expect(lease.ttlMs).toBe(shortTtlMs);
    await change(store(), putOp('l/b', '1', lease.id), putOp('l/kept', '1'));
    await change(store(), putOp('l/a', '1', lease.id));
    const moved = await change(store(), putOp('l/moved', '1', lease.id));
    await put(store(), 'l/moved', '2');
    expect(value(await store().get('l/a')).kv?.lease).toBe(lease.id);
    const seen = record(store(), 'l/', moved + 2);
    await opened().advance(shortTtlMs * 0.6);
    expect(await read(store(), 'l/a')).toBe('1');
    await opened().advance(shortTtlMs * 0.4 + leaseToleranceMs);
    await until('the end of the lease', () => seen.batches.length > 0);
    expect(seen.brief()).toEqual(['l/a gone was 1, l/b gone was 1']);
    expect(await read(store(), 'l/kept')).toBe('1');
    expect(await read(store(), 'l/moved')).toBe('2');
    expect(codeOf(await store().keepLeaseAlive(lease.id))).toBe('lease-not-found');
    expect(codeOf(await store().leaseTimeToLive(lease.id))).toBe('lease-not-found');
    seen.cancel();
  });

  it('keeps a lease that is renewed', async () => {
    const lease = value(await store().grantLease(shortTtlMs));
    await change(store(), putOp('l/a', '1', lease.id));
    for (let round = 0; round < 3; round += 1) {
      await opened().advance(shortTtlMs * 0.6);
      expect(value(await store().keepLeaseAlive(lease.id)).ttlMs).toBe(shortTtlMs);
    }
    expect(await read(store(), 'l/a')).toBe('1');
    value(await store().revokeLease(lease.id));
  });
}

function ending(fixture: Fixture, opened: () => Opened): void {
  const store = () => opened().store;
  const { shortTtlMs } = fixture;

  it('revokes a lease with its keys', async () => {
    const lease = value(await store().grantLease(60_000));
    await change(store(), putOp('l/a', '1', lease.id), putOp('l/b', '1', lease.id));
    const { remainingMs } = value(await store().leaseTimeToLive(lease.id));
    expect(remainingMs).toBeGreaterThan(57_000);
    expect(remainingMs).toBeLessThanOrEqual(60_000);
    const before = await now(store());
    expect(codeOf(await store().revokeLease(lease.id))).toBe('ok');
    expect(value(await store().range('l/'))).toMatchObject({ revision: before + 1, kvs: [] });
    expect(codeOf(await store().revokeLease(lease.id))).toBe('lease-not-found');
    expect(codeOf(await store().txn({ success: [putOp('l/c', '1', lease.id)] }))).toBe(
      'lease-not-found',
    );
  });

  it('refuses a TTL that makes no sense', async () => {
    for (const ttlMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(codeOf(await store().grantLease(ttlMs))).toBe('invalid');
    }
    expect(codeOf(await store().keepLeaseAlive('no lease'))).toBe('lease-not-found');
  });

  it('holds a lease until it is released, and tells when it is gone', async () => {
    const lost: StoreError[] = [];
    const held = value(await store().holdLease(shortTtlMs, (error) => lost.push(error)));
    await change(store(), putOp('l/held', '1', held.id));
    for (let step = 0; step < 6; step += 1) await opened().advance(shortTtlMs / 3);
    expect(await read(store(), 'l/held')).toBe('1');
    value(await held.release());
    expect(await read(store(), 'l/held')).toBeUndefined();
    expect(lost).toEqual([]);

    const other = value(await store().holdLease(shortTtlMs, (error) => lost.push(error)));
    value(await store().revokeLease(other.id));
    await opened().advance(shortTtlMs / 2);
    await until('the loss', () => lost.length > 0);
    expect(lost.map(({ code }) => code)).toEqual(['lease-not-found']);
  });
}

export function leases(fixture: Fixture, opened: () => Opened): void {
  expiring(fixture, opened);
  ending(fixture, opened);
}
