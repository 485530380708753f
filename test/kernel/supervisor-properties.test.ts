import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  affectedChildren,
  backoffMs,
  restartsInWindow,
} from '../../machines/kernel/restart-policy.ts';
import { type ChildSpec, supervisorMachine } from '../../machines/kernel/supervisor.machine.ts';
import {
  MODEL_TIMES,
  type ModelSpec,
  readyTimeoutMs,
  SupervisorOracle,
} from './supervisor-oracle.ts';
import { child, startTree, worker } from './tree-kit.ts';

const strategies = fc.constantFrom('one_for_one', 'one_for_all', 'rest_for_one');
const restartTypes = fc.constantFrom('permanent', 'transient', 'temporary');

const specs: fc.Arbitrary<ModelSpec> = fc.record({
  strategy: strategies,
  maxRestarts: fc.integer({ min: 0, max: 6 }),
  children: fc.array(
    fc.record({
      restart: fc.oneof({ weight: 3, arbitrary: fc.constant('permanent' as const) }, restartTypes),
      isLate: fc.boolean(),
      isStubborn: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

type Step =
  | { readonly kind: 'crash' | 'finish' | 'makeReady'; readonly index: number }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'shutdown' };

const steps = (kinds: number): fc.Arbitrary<Step[]> => {
  const index = fc.integer({ min: 0, max: 5 });
  const onOne = (kind: 'crash' | 'finish' | 'makeReady') =>
    fc.record({ kind: fc.constant(kind), index });
  return fc.array(
    fc.oneof(
      { weight: 4, arbitrary: onOne('crash') },
      { weight: 1, arbitrary: onOne('finish') },
      { weight: 5, arbitrary: onOne('makeReady') },
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('advance' as const),
          ms: fc.oneof(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 1200 })),
        }),
      },
      { weight: kinds, arbitrary: fc.record({ kind: fc.constant('shutdown' as const) }) },
    ),
    { maxLength: 40 },
  );
};

const EVENTS = { crash: 'CRASH', finish: 'FINISH', makeReady: 'MAKE_READY' } as const;

/** The real tree of a model, with a journal that knows the time. */
function build(spec: ModelSpec) {
  let now = () => 0;
  const journal: string[] = [];
  const stamped = (sign: string) => journal.push(`${sign}@${now().toFixed(3)}`);
  const sink = { push: stamped } as unknown as string[];
  const children = spec.children.map((own, index) =>
    child(
      `${index}`,
      worker(`${index}`, sink, {
        ready: own.isLate ? 'late' : 'now',
        onShutdown: own.isStubborn ? 'ignore' : 'end',
      }),
      {
        restart: own.restart,
        readyTimeoutMs: readyTimeoutMs(index),
        shutdownMs: MODEL_TIMES.shutdownMs,
      },
    ),
  );
  const { minMs, maxMs, resetAfterMs, periodMs } = MODEL_TIMES;
  const tree = startTree(children, {
    strategy: spec.strategy,
    intensity: { maxRestarts: spec.maxRestarts, periodMs },
    backoff: { minMs, maxMs, factor: 2, jitter: 0, resetAfterMs },
  });
  now = tree.clock.nowMs;
  return { ...tree, journal };
}

type Tree = ReturnType<typeof build>;

function apply(step: Step, { system, clock }: Tree, oracle: SupervisorOracle): void {
  if (step.kind === 'advance') {
    clock.advance(step.ms);
    oracle.advance(step.ms);
    return;
  }
  if (step.kind === 'shutdown') {
    system.shutdown('drain');
    oracle.shutdown();
  } else {
    system.notify(`${step.index}`, { type: EVENTS[step.kind] });
    oracle[step.kind](step.index);
  }
  clock.advance(0);
}

const ENDS = { active: 'none', done: 'stopped', error: 'failed', stopped: 'stopped' } as const;

function expectEqual({ system, journal }: Tree, oracle: SupervisorOracle): void {
  const { status, children } = system.tree();
  expect(journal).toEqual(oracle.journal);
  expect(ENDS[status as keyof typeof ENDS]).toBe(oracle.end);
  if (oracle.end === 'none') {
    expect(children.map((node) => node.status)).toEqual(oracle.statuses);
  }
}

/** A journal in which a resource is never opened twice; returns what is open at its end. */
function openAfter(journal: readonly string[]): string[] {
  const open = new Set<string>();
  for (const entry of journal) {
    const id = entry.slice(1).split('@')[0] ?? '';
    if (entry.startsWith('+')) {
      expect(open.has(id), `${id} opened twice: ${journal.join(' ')}`).toBe(false);
      open.add(id);
    } else open.delete(id);
  }
  return [...open];
}

describe('a supervisor with any children, under any events', () => {
  it('does what the oracle says, step by step', () => {
    fc.assert(
      fc.property(specs, steps(1), (spec, list) => {
        const tree = build(spec);
        const oracle = new SupervisorOracle(spec);
        expectEqual(tree, oracle);
        for (const step of list) {
          apply(step, tree, oracle);
          expectEqual(tree, oracle);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('never opens a resource twice, and leaves nothing after a shutdown', () => {
    fc.assert(
      fc.property(specs, steps(0), (spec, list) => {
        const tree = build(spec);
        const oracle = new SupervisorOracle(spec);
        for (const step of list) apply(step, tree, oracle);
        tree.system.shutdown('drain');
        tree.clock.advance(MODEL_TIMES.shutdownMs * 7);
        expect(openAfter(tree.journal)).toEqual([]);
        expect(tree.system.tree().status).not.toBe('active');
        expect(tree.clock.pending).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});

interface Shape {
  readonly strategy: ModelSpec['strategy'];
  readonly children: readonly (Shape | 'worker')[];
}

const { tree: shapes } = fc.letrec<{ tree: Shape; node: Shape | 'worker' }>((tie) => ({
  tree: fc.record({
    strategy: strategies,
    children: fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
  }),
  node: fc.oneof({ maxDepth: 3 }, fc.constant('worker' as const), tie('tree')),
}));

/** Workers and supervisors of a shape, with names that tell their place: `n.0.2`. */
function childrenOf(shape: Shape, name: string, journal: string[], base: object): ChildSpec[] {
  return shape.children.map((own, index) => {
    const id = `${name}.${index}`;
    if (own === 'worker') return child(id, worker(id, journal));
    const children = childrenOf(own, id, journal, base);
    const input = { ...base, name: id, strategy: own.strategy, children };
    return child(id, supervisorMachine, { input, shutdownMs: 5000 });
  });
}

describe('a tree of supervisors of any shape', () => {
  it('stands again after any crashes, or gives up; either way nothing is left behind', () => {
    const waits = fc.integer({ min: 0, max: 400 });
    const crashes = fc.array(fc.tuple(fc.nat({ max: 50 }), waits), { maxLength: 25 });
    fc.assert(
      fc.property(shapes, crashes, (shape, list) => {
        const journal: string[] = [];
        const { system, clock } = startTree((base) => childrenOf(shape, 'n', journal, base));
        const names = openAfter(journal);
        for (const [at, waitMs] of list) {
          system.notify(names[at % Math.max(1, names.length)] ?? '', { type: 'CRASH' });
          clock.advance(waitMs);
        }
        clock.advance(1000);
        const isActive = system.tree().status === 'active';
        expect(openAfter(journal).toSorted()).toEqual(isActive ? names.toSorted() : []);
        for (const name of names) expect(system.whereis(name) !== undefined).toBe(isActive);
        system.shutdown('fast');
        clock.advance(60_000);
        expect(openAfter(journal)).toEqual([]);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

describe('restart policy', () => {
  const backoff = { minMs: 20, maxMs: 5000, factor: 2, jitter: 0.2, resetAfterMs: 60_000 };

  it('takes down what the strategy says, in start order', () => {
    const order = ['a', 'b', 'c', 'd'];
    expect(affectedChildren('one_for_one', order, 'b')).toEqual(['b']);
    expect(affectedChildren('rest_for_one', order, 'b')).toEqual(['b', 'c', 'd']);
    expect(affectedChildren('one_for_all', order, 'b')).toEqual(order);
  });

  it('counts restarts younger than the period, and not those exactly as old', () => {
    expect(restartsInWindow([0, 1, 500, 1000], 1000, 1000)).toEqual([1, 500, 1000]);
  });

  it('waits between the minimum less jitter and the maximum, never shorter than before', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), chance, (failures, luck) => {
        const delayMs = backoffMs(backoff, failures, luck);
        expect(delayMs).toBeGreaterThanOrEqual(backoff.minMs * (1 - backoff.jitter));
        expect(delayMs).toBeLessThanOrEqual(backoff.maxMs);
        expect(backoffMs(backoff, failures + 1, luck)).toBeGreaterThanOrEqual(delayMs);
      }),
    );
  });
});
