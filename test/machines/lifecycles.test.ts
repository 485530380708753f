import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { casesOf, isNoticed, tryCases } from './lifecycle-kind.ts';
import { LIFECYCLES } from './lifecycles.ts';
import { LRP_CONTEXTS } from './lrp-choices.ts';
import { allTransitionKeys } from './run-script.ts';
import { statesOf, usedNames } from './walk.ts';
import { anyIndexCommand, anyMoves, anyWalk, walk, walkIndex } from './walk-lifecycle.ts';

const WALKS = { seed: 20_150_901, numRuns: 100 } as const;
/** About half of it on average: more than 4 000 steps for each machine. */
const MAX_STEPS = 100;
const MIN_STEPS_IN_ALL = 4000;

/** No record leads there: who has no evacuating row owns none. The cases go there all the same. */
const OUT_OF_REACH: Readonly<Record<string, readonly string[]>> = {
  evacuation: [
    'evacuation.absent EVACUATE_CLAIMED 0',
    'evacuation.absent EVACUATE_CLAIMED 3',
    'evacuation.absent EVACUATE_STOPPED 0',
    'evacuation.absent EVACUATE_STOPPED 3',
    'evacuation.absent EVACUATE_CRASHED 0',
    'evacuation.absent EVACUATE_CRASHED 3',
    'evacuation.absent EVACUATE_RUNNING 1',
  ],
};

/** Guards that the rules have and the machine does not need. */
const IDLE_GUARDS: Readonly<Record<string, readonly string[]>> = {};

/** The machine with one guard that says the opposite. */
const negated = (machine: AnyStateMachine, name: string): AnyStateMachine => {
  const own = machine.implementations.guards[name] as unknown as (words: unknown) => boolean;
  return machine.provide({ guards: { [name]: (words: unknown) => !own(words) } } as never);
};

/** The machine with one effect that does nothing. */
const without = (machine: AnyStateMachine, name: string): AnyStateMachine =>
  machine.provide({ actions: { [name]: () => {} } } as never);

describe.each(Object.entries(LIFECYCLES))('%s', (id, kind) => {
  const { machine, lifecycle } = kind;
  const legal = casesOf(kind);
  const contradictory = casesOf(kind, kind.contradictions);
  const all = [...legal, ...contradictory];

  it('knows every event in every state, and leaves none without a way', () => {
    expect(lifecycle.states.toSorted()).toEqual(Object.keys(machine.states).toSorted());
    expect(lifecycle.events.toSorted()).toEqual([...machine.events].toSorted());
    const missing: string[] = [];
    for (const node of statesOf(machine.root).slice(1)) {
      for (const event of machine.events) {
        const ways = node.transitions.get(event) ?? [];
        const last = ways.at(-1);
        if (last === undefined || last.guard !== undefined) missing.push(`${node.key} ${event}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it('has a case for every event', () => {
    expect(Object.keys(kind.choices).toSorted()).toEqual([...machine.events].toSorted());
  });

  it('takes every transition in a case, and does the same as a machine and as a table', () => {
    const [own, others] = [tryCases(kind, legal), tryCases(kind, contradictory)];
    expect([...own.differences, ...others.differences]).toEqual([]);
    const edges = allTransitionKeys(machine);
    const beyond = edges.filter((edge) => !own.edges.has(edge));
    expect(beyond.filter((edge) => !others.edges.has(edge))).toEqual([]);
    expect(beyond).toEqual(OUT_OF_REACH[id] ?? []);
  });

  it('does the same on random walks, and keeps what must hold of its records', () => {
    let steps = 0;
    fc.assert(
      fc.property(anyWalk(kind, MAX_STEPS), ([start, moves]) => {
        steps += moves.length;
        expect(walk(kind, start, moves).problems).toEqual([]);
      }),
      WALKS,
    );
    expect(steps).toBeGreaterThan(MIN_STEPS_IN_ALL);
  });

  it('names every guard and effect that its rules have', () => {
    const { guards, actions } = usedNames(machine);
    const { implementations } = machine;
    const idle = Object.keys(implementations.guards).filter((name) => !guards.includes(name));
    expect(idle).toEqual(IDLE_GUARDS[id] ?? []);
    expect(Object.keys(implementations.actions).toSorted()).toEqual(actions);
  });

  it('notices one guard that says the opposite, whichever it is', () => {
    const missed = usedNames(machine).guards.filter(
      (name) => !isNoticed(kind, all, name, negated(machine, name)),
    );
    expect(missed).toEqual([]);
  });

  it('notices one effect that is left out, whichever it is', () => {
    const missed = usedNames(machine).actions.filter(
      (name) => !isNoticed(kind, all, name, without(machine, name)),
    );
    expect(missed).toEqual([]);
  });
});

describe('one index of a long-running process', () => {
  it('keeps what must hold of its rows, whatever is said of it and by whom', () => {
    let steps = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...LRP_CONTEXTS),
        anyMoves(anyIndexCommand, MAX_STEPS),
        (start, moves) => {
          steps += moves.length;
          expect(walkIndex(start, moves)).toEqual([]);
        },
      ),
      { ...WALKS, numRuns: 300 },
    );
    expect(steps).toBeGreaterThan(3 * MIN_STEPS_IN_ALL);
  });
});

describe('the comparison', () => {
  it('names the transitions that no case takes', () => {
    const kind = LIFECYCLES.domain;
    const some = casesOf(kind).filter(({ command }) => command.type !== 'PRUNE');
    const taken = tryCases(kind, some).edges;
    expect(allTransitionKeys(kind.machine).filter((edge) => !taken.has(edge))).toEqual([
      'domain.absent PRUNE 0',
      'domain.fresh PRUNE 0',
      'domain.fresh PRUNE 1',
      'domain.expired PRUNE 0',
    ]);
  });

  it('finds a broken machine on a walk as well', () => {
    const kind = LIFECYCLES['actual-lrp'];
    for (const broken of [negated(kind.machine, 'owns'), without(kind.machine, 'bumpTag')]) {
      const holds = fc.check(
        fc.property(anyWalk(kind, MAX_STEPS), ([start, moves]) => {
          return walk(kind, start, moves, broken).problems.length === 0;
        }),
        WALKS,
      );
      expect(holds.failed).toBe(true);
    }
  });

  it('takes what is written into a record for a fault', () => {
    const { ordinary } = LRP_CONTEXTS.find((own) => own.ordinary !== undefined) ?? {};
    expect(() => Object.assign(ordinary ?? {}, { state: 'RUNNING' })).toThrow(TypeError);
    expect(() => Object.assign(ordinary?.modification_tag ?? {}, { index: 9 })).toThrow(TypeError);
  });

  it('cannot pass over an event that a state does not know', () => {
    const kind = LIFECYCLES.task;
    for (const { state, context } of kind.positions) {
      const draft = kind.copy(context);
      expect(() => kind.lifecycle.step(state, draft, { type: 'RETIRE' })).toThrow('no way for');
    }
  });
});
