import { expect, it } from 'vitest';
import {
  change,
  deleteOp,
  now,
  type Opened,
  put,
  putOp,
  record,
  sleep,
  text,
  until,
  value,
} from './kit.ts';

function telling(opened: () => Opened): void {
  const store = () => opened().store;

  it('tells every change of the prefix once, in order, with what was before', async () => {
    const base = await now(store());
    const seen = record(store(), 'w/', base + 1);
    await put(store(), 'w/a', '1');
    await put(store(), 'x/a', 'unseen');
    await change(store(), putOp('w/b', '1'), putOp('w/a', '2'), putOp('v', 'unseen'));
    await change(store(), deleteOp('w/a'));
    await change(store(), deleteOp('w/none'));
    await put(store(), 'w/a', '3');
    await until('all events', () => seen.events.length >= 5);
    expect(seen.brief()).toEqual(['w/a=1', 'w/b=1, w/a=2 was 1', 'w/a gone was 2', 'w/a=3']);
    expect(seen.batches.map(({ revision }) => revision - base)).toEqual([1, 3, 4, 5]);
    expect(seen.events.map(({ modRevision }) => modRevision - base)).toEqual([1, 3, 3, 4, 5]);
    seen.cancel();
  });
}

function resuming(opened: () => Opened): void {
  const store = () => opened().store;

  it('leaves no gap between a list and a watch from the next revision', async () => {
    let isWriting = true;
    const write = async (): Promise<void> => {
      for (let index = 0; isWriting; index += 1) {
        await sleep(0);
        await change(store(), putOp(`g/${index % 7}`, String(index)));
        if (index % 3 === 0) await change(store(), deleteOp(`g/${(index + 2) % 7}`));
      }
    };
    const writing = write();
    const watchers = [];
    for (let round = 0; round < 4; round += 1) {
      const listed = value(await store().range('g/'));
      watchers.push({ listed, seen: record(store(), 'g/', listed.revision + 1) });
      await sleep(5);
    }
    isWriting = false;
    await writing;
    const last = await put(store(), 'g/last', 'x');
    const final = value(await store().range('g/')).kvs.map((kv) => `${kv.key}=${text(kv.value)}`);
    for (const { listed, seen } of watchers) {
      await until('the last event', () => seen.batches.at(-1)?.revision === last);
      const state = new Map(listed.kvs.map((kv) => [kv.key, kv]));
      for (const event of seen.events) {
        expect(event.previous?.modRevision).toBe(state.get(event.key)?.modRevision);
        if (event.type === 'put') state.set(event.key, event.kv);
        else state.delete(event.key);
      }
      const own = [...state.values()].map((kv) => `${kv.key}=${text(kv.value)}`).sort();
      expect(own).toEqual(final);
      seen.cancel();
    }
  });

  it('resumes from any revision that is kept', async () => {
    const base = await now(store());
    for (let index = 1; index <= 5; index += 1) await put(store(), 'r/a', String(index));
    const whole = ['r/a=1', 'r/a=2 was 1', 'r/a=3 was 2', 'r/a=4 was 3', 'r/a=5 was 4'];
    for (const skipped of [0, 2, 4]) {
      const seen = record(store(), 'r/', base + 1 + skipped);
      await until('the events', () => seen.events.length === 5 - skipped);
      expect(seen.brief()).toEqual(whole.slice(skipped));
      seen.cancel();
    }
    const future = record(store(), 'r/', base + 7);
    await put(store(), 'r/a', '6');
    await put(store(), 'r/a', '7');
    await until('the future event', () => future.events.length > 0);
    expect(future.brief()).toEqual(['r/a=7 was 6']);
    future.cancel();
  });
}

function ending(opened: () => Opened): void {
  const store = () => opened().store;

  it('says so when the wanted revision was cut off', async () => {
    const first = await put(store(), 'c/a', '1');
    await put(store(), 'c/a', '2');
    const third = await put(store(), 'c/a', '3');
    const fourth = await put(store(), 'c/a', '4');
    value(await store().compact(third));
    for (const from of [first, third]) {
      const late = record(store(), 'c/', from);
      await until('the end', () => late.ends.length > 0);
      expect(late.ends.map(({ code }) => code)).toEqual(['compacted']);
      expect(late.events).toEqual([]);
    }
    const inTime = record(store(), 'c/', fourth);
    await until('the event', () => inTime.events.length > 0);
    expect(inTime.brief()).toEqual(['c/a=4 was 3']);
    expect(inTime.ends).toEqual([]);
    inTime.cancel();
  });

  it('shows all watchers the same sequence', async () => {
    const from = (await now(store())) + 1;
    const other = await opened().second();
    const watchers = [store(), store(), other].map((own) => record(own, 's/', from));
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let index = 0; index < 10; index += 1) {
        await put(store(), `s/${(writer + index) % 5}`, `${writer}.${index}`);
      }
    });
    await Promise.all(writers);
    for (const own of watchers) await until('all events', () => own.events.length === 80);
    const [first, ...rest] = watchers.map((own) => own.brief());
    for (const own of rest) expect(own).toEqual(first);
    for (const own of watchers) own.cancel();
  });
}

function waiting(opened: () => Opened): void {
  const store = () => opened().store;

  it('is silent after cancel', async () => {
    const seen = record(store(), 'q/', (await now(store())) + 1);
    const other = record(store(), 'q/', (await now(store())) + 1);
    await put(store(), 'q/a', '1');
    await until('the first event', () => seen.events.length === 1);
    seen.cancel();
    await put(store(), 'q/a', '2');
    await until('the other watcher', () => other.events.length === 2);
    expect(seen.events).toHaveLength(1);
    expect(seen.ends).toEqual([]);
    other.cancel();
  });

  it('waits for a listener that takes its time', async () => {
    const order: string[] = [];
    const watch = store().watch('slow/', (await now(store())) + 1, {
      async onEvents(_events, revision) {
        order.push(`begin ${revision - base}`);
        await sleep(5);
        order.push(`end ${revision - base}`);
      },
      onEnd: () => order.push('over'),
    });
    const base = await now(store());
    await Promise.all([1, 2, 3].map((index) => put(store(), `slow/${index}`, 'x')));
    await until('the last event', () => order.includes('end 3'));
    expect(order).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3']);
    watch.cancel();
  });
}

export function watches(opened: () => Opened): void {
  telling(opened);
  resuming(opened);
  ending(opened);
  waiting(opened);
}
