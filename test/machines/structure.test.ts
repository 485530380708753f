import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, setup } from 'xstate';
import { machineName } from '../structure/machine-files.ts';
import { readFiles } from '../structure/source-text.ts';
import { LIFECYCLES } from './lifecycles.ts';
import { MACHINES } from './machines.ts';
import { deadEnds, deafToShutdown, reachableStates, statesOf, unknownNames } from './walk.ts';

/** States in which an actor only waits for its end, or falls by itself. */
const ENDING = new Set(['supervisor.escalating']);

const ALL: Readonly<Record<string, AnyStateMachine>> = {
  ...MACHINES,
  ...Object.fromEntries(Object.entries(LIFECYCLES).map(([id, { machine }]) => [id, machine])),
};

describe.each(Object.entries(ALL))('%s', (id, machine) => {
  const { root } = machine;

  it('bears its own name and a bound on its steps', () => {
    expect(machine.id).toBe(id);
    expect(machine.options?.maxIterations).toBeGreaterThan(0);
  });

  it('can reach each of its states', () => {
    const reachable = reachableStates(root);
    expect(statesOf(root).filter((node) => !reachable.has(node))).toEqual([]);
  });

  it('knows every action, guard and actor that it names, and names what it invokes', () => {
    expect(unknownNames(machine)).toEqual([]);
    const ids = statesOf(root).flatMap(({ invoke }) => invoke.map((own) => own.id));
    expect(ids.filter((own) => /^\d+\./.test(own))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe.each(Object.entries(MACHINES))('%s as an actor', (_id, { root }) => {
  it('has no dead end but its final state', () => {
    expect(deadEnds(root).filter((state) => !ENDING.has(state))).toEqual([]);
    expect(statesOf(root).filter(({ type }) => type === 'final')).toHaveLength(1);
  });

  it('hears SHUTDOWN wherever it waits', () => {
    expect(deafToShutdown(root).filter((state) => !ENDING.has(state))).toEqual([]);
  });
});

describe.each(Object.entries(LIFECYCLES))('%s as a lifecycle', (_id, { machine: { root } }) => {
  it('is flat, waits for nothing but commands, and has no end', () => {
    const states = statesOf(root).slice(1);
    expect(states.filter(({ type }) => type !== 'atomic')).toEqual([]);
    expect(
      states.filter(({ invoke, always, after }) => invoke.length + after.length > 0 || always),
    ).toEqual([]);
    expect(states.filter(({ exit }) => exit.length > 0)).toEqual([]);
    expect([root.transitions.size, root.entry.length, root.exit.length]).toEqual([0, 0, 0]);
    expect(deadEnds(root)).toEqual([]);
  });
});

describe('the walk', () => {
  const broken = setup({ actions: {}, guards: {} }).createMachine({
    id: 'broken',
    initial: 'a',
    states: {
      a: { on: { GO: 'b', SHUTDOWN: 'b', SKIP: { actions: 'nowhere' as never } } },
      b: {},
      lonely: { on: { GO: 'a' } },
      invoking: { invoke: { src: 'nobody' } as never },
    },
  });

  it('finds what is wrong', () => {
    const reachable = reachableStates(broken.root);
    const lost = statesOf(broken.root).filter((node) => !reachable.has(node));
    expect(lost.map(({ id }) => id)).toEqual(['broken.lonely', 'broken.invoking']);
    expect(deadEnds(broken.root)).toEqual(['broken.b', 'broken.invoking']);
    expect(deafToShutdown(broken.root)).toEqual(['broken.b', 'broken.lonely', 'broken.invoking']);
    expect(unknownNames(broken)).toEqual(['action nowhere', 'actor nobody']);
  });

  it('takes in every machine of the project', () => {
    const files = readFiles(['machines'], ['.machine.ts']).map(({ path }) => machineName(path));
    const known = Object.keys(ALL).map((id) => machineName(`${id}.machine.ts`));
    expect(known.toSorted()).toEqual(files.toSorted());
  });
});
