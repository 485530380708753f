import { expect, it } from 'vitest';
import type { Leadership, Store, StoreError } from '../../../src/ports/store.ts';
import { bytes, type Opened, putOp, read, text, until, value } from './kit.ts';

interface Candidate {
  readonly name: string;
  readonly lease: string;
  leadership: Leadership | undefined;
  readonly lost: StoreError[];
  cancel(): void;
}

async function stand(store: Store, name: string): Promise<Candidate> {
  const { id: lease } = value(await store.grantLease(60_000));
  const lost: StoreError[] = [];
  const candidate: Candidate = {
    name,
    lease,
    leadership: undefined,
    lost,
    cancel: () => undefined,
  };
  const campaign = store.campaign('locks/one', bytes(name), lease, {
    onElected(leadership) {
      candidate.leadership = leadership;
    },
    onLost: (error) => lost.push(error),
  });
  candidate.cancel = () => campaign.cancel();
  return candidate;
}

export function elections(opened: () => Opened): void {
  const store = () => opened().store;

  const write = async ({ leadership, name }: Candidate) => {
    const compare = leadership === undefined ? [] : [leadership.fence];
    const success = [putOp('state', name)];
    return value(await store().txn({ compare, success })).succeeded;
  };

  it('has one leader of five at a time, and refuses the writes of those before', async () => {
    const candidates: Candidate[] = [];
    for (let index = 0; index < 5; index += 1) candidates.push(await stand(store(), `c${index}`));
    const observed: (string | undefined)[] = [];
    const observer = store().observeLeader('locks/one', (leader) => {
      observed.push(text(leader?.value));
    });
    const former: Candidate[] = [];
    while (former.length < 5) {
      const waiting = candidates.filter((own) => !former.includes(own));
      await until('a leader', () => waiting.some(({ leadership }) => leadership !== undefined));
      const leaders = waiting.filter(({ leadership }) => leadership !== undefined);
      expect(leaders).toHaveLength(1);
      const leader = leaders[0] as Candidate;
      expect(await write(leader)).toBe(true);
      for (const own of former) expect(await write(own)).toBe(false);
      expect(await read(store(), 'state')).toBe(leader.name);
      await until('the observer', () => observed.at(-1) === leader.name);
      // A kill ends the lease; every other leader goes by itself.
      if (former.length % 2 === 0) value(await store().revokeLease(leader.lease));
      else value(await (leader.leadership as Leadership).resign());
      former.push(leader);
    }
    await until('no leader', () => observed.at(-1) === undefined);
    expect(new Set(former).size).toBe(5);
    for (const [index, own] of former.entries()) {
      await until('the signal', () => own.lost.length === (index % 2 === 0 ? 1 : 0));
    }
    observer.cancel();
  });

  it('lets a candidate withdraw', async () => {
    const first = await stand(store(), 'first');
    await until('the leader', () => first.leadership !== undefined);
    const second = await stand(store(), 'second');
    const third = await stand(store(), 'third');
    await until('three candidates', () => third.lost.length === 0);
    second.cancel();
    first.cancel();
    await until('the next leader', () => third.leadership !== undefined);
    expect(second.leadership).toBeUndefined();
    expect([...first.lost, ...second.lost]).toEqual([]);
    third.cancel();
  });

  it('tells a candidate without a lease', async () => {
    const lost: StoreError[] = [];
    store().campaign('locks/one', bytes('x'), '777', {
      onElected: () => lost.push({ code: 'invalid', message: 'elected' }),
      onLost: (error) => lost.push(error),
    });
    await until('the refusal', () => lost.length > 0);
    expect(lost.map(({ code }) => code)).toEqual(['lease-not-found']);
  });
}
