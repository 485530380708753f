import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Compare, KeyValue, Operation, Transaction } from '../../../src/ports/store.ts';
import { brief, bytes, codeOf, now, type Opened, record, text, until, value } from './kit.ts';
import { ModelStore } from './model-store.ts';

const key = fc.constantFrom('a', 'a/b', 'a/b/c', 'b', 'b/é', 'b/😀', 'c');
const prefix = fc.constantFrom('a', 'a/', 'b', 'b/', 'c', 'x');

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('put'),
      key,
      value: fc.nat(9).map((own) => bytes(String(own))),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('delete'), key }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('deletePrefix'), prefix }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('get'), key }) },
) as fc.Arbitrary<Operation>;

/** Revisions count from the begin of the run; 0 stands for an absent key. */
const compare: fc.Arbitrary<Compare> = fc.oneof(
  fc.record({ key, exists: fc.boolean() }),
  fc.record({ key, modRevision: fc.nat(6) }),
  fc.record({ key, createRevision: fc.nat(6) }),
);

const transaction: fc.Arbitrary<Transaction> = fc.record({
  compare: fc.array(compare, { maxLength: 2 }),
  success: fc.array(operation, { minLength: 1, maxLength: 4 }),
  failure: fc.array(operation, { maxLength: 2 }),
});

const shift = (own: Compare, base: number): Compare => {
  if ('exists' in own) return own;
  if ('modRevision' in own)
    return { ...own, modRevision: own.modRevision && own.modRevision + base };
  return { ...own, createRevision: own.createRevision && own.createRevision + base };
};

const plain = (kv: KeyValue | undefined, base: number): string =>
  kv === undefined
    ? 'none'
    : `${kv.key}=${text(kv.value)} ` +
      `c${kv.createRevision - base} m${kv.modRevision - base} v${kv.version}`;

/** Runs the same transactions in the store and in the model; both must tell the same story. */
async function compareWithModel(opened: Opened, run: readonly Transaction[]): Promise<void> {
  const { store } = opened;
  const root = `run-${Math.random()}/`;
  const base = await now(store);
  const model = new ModelStore();
  const seen = record(store, root, base + 1);
  for (const own of run) {
    const outer = (operation: Operation): Operation =>
      operation.type === 'deletePrefix'
        ? { ...operation, prefix: root + operation.prefix }
        : { ...operation, key: root + operation.key };
    const result = await store.txn({
      compare: (own.compare ?? []).map((one) => ({ ...shift(one, base), key: root + one.key })),
      success: own.success.map(outer),
      failure: (own.failure ?? []).map(outer),
    });
    const expected = model.txn(own);
    if (expected === 'invalid' || !result.ok) {
      expect(codeOf(result)).toBe(expected === 'invalid' ? 'invalid' : 'ok');
      continue;
    }
    const { succeeded, revision, responses } = result.value;
    const answers = responses.map((response) => {
      if (response.type === 'put') return 'put';
      if (response.type === 'delete') return `deleted ${response.deleted}`;
      return plain(response.kv, base).replace(root, '');
    });
    expect({ succeeded, revision: revision - base, answers }).toEqual(expected);
  }
  for (let at = 0; at <= model.revision; at += 1) {
    const { kvs } = value(await store.range(root, { atRevision: base + at }));
    expect(kvs.map((kv) => plain(kv, base).replace(root, ''))).toEqual(model.listAt(at));
  }
  await until('all events', () => seen.batches.length >= model.events.length, 2_000);
  const told = seen.batches.map(({ revision, events }) => ({
    revision: revision - base,
    events: events.map((event) => brief(event).replace(root, '')),
  }));
  expect(told).toEqual(model.events);
  seen.cancel();
}

export function random(opened: () => Opened): void {
  it('does what a naive model does, for any transactions', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(transaction, { maxLength: 12 }), (run) =>
        compareWithModel(opened(), run),
      ),
      { numRuns: 120 },
    );
  });
}
