import { describe, expect, it } from 'vitest';
import { createActor, setup } from 'xstate';
import { actualLrpMachine } from '../../machines/bbs/actual-lrp.machine.ts';
import { supervisorMachine } from '../../machines/kernel/supervisor.machine.ts';
import { prunerMachine } from '../../machines/router/pruner.machine.ts';
import { machineGraph } from '../../src/inspector/machine-graph.ts';
import { activeStates, edgesBetween, takenEdges } from '../../src/inspector/taken-edges.ts';

const pruner = machineGraph(prunerMachine);

describe('what a step took', () => {
  it('is one edge when one leads there', () => {
    expect(takenEdges(pruner, 'sweeping', 'SWEPT', 'waiting')).toEqual({
      edges: ['pruner.sweeping:SWEPT:0'],
      isCertain: true,
    });
  });

  it('tells guards apart by where they lead', () => {
    const event = 'xstate.after.pruneInterval.pruner.waiting';
    expect(takenEdges(pruner, 'waiting', event, 'freshening').edges).toEqual([
      `pruner.waiting:${event}:1`,
    ]);
    expect(takenEdges(pruner, 'waiting', event, 'sweeping').edges).toEqual([
      `pruner.waiting:${event}:2`,
    ]);
  });

  it('includes transitions without event, from the start on', () => {
    expect(takenEdges(pruner, undefined, 'xstate.init', 'waiting')).toEqual({
      edges: ['pruner.deciding::1'],
      isCertain: true,
    });
  });

  it('finds the handler of the machine itself, and wildcards', () => {
    expect(takenEdges(pruner, 'waiting', 'SHUTDOWN', 'ended').edges).toEqual(['pruner:SHUTDOWN:0']);
    const supervisor = machineGraph(supervisorMachine);
    const { edges, isCertain } = takenEdges(
      supervisor,
      { alive: 'running' },
      'xstate.error.actor.pruner#1',
      { alive: 'starting' },
    );
    expect(edges).toEqual([]);
    expect(isCertain).toBe(true);
  });

  it('says so when several ways lead there', () => {
    const graph = machineGraph(actualLrpMachine);
    const taken = edgesBetween(graph, 'claimed', 'unclaimed');
    expect(taken.isCertain).toBe(false);
    expect(taken.edges).toContain('actual-lrp.claimed:UNCLAIM:1');
    expect(edgesBetween(graph, 'absent', 'unclaimed')).toEqual({
      edges: ['actual-lrp.absent:CREATE:0'],
      isCertain: true,
    });
  });

  it('is nothing for an event that nobody hears', () => {
    expect(takenEdges(pruner, 'waiting', 'UNHEARD', 'waiting').edges).toEqual([]);
    expect(takenEdges(pruner, undefined, 'SWEPT', 'waiting').edges).toEqual([]);
  });
});

describe('agreement with XState', () => {
  const machine = setup({}).createMachine({
    id: 'sample',
    initial: 'one',
    states: {
      one: { on: { GO: 'two', STAY: { actions: () => {} } } },
      two: {
        initial: 'inner',
        states: { inner: { on: { DEEPER: 'last' } }, last: {} },
        on: { BACK: 'one', DEEPER: 'three' },
      },
      three: {
        type: 'parallel',
        states: { left: { initial: 'a', states: { a: {} } }, right: {} },
        on: { BACK: 'one' },
      },
    },
  });
  const graph = machineGraph(machine);

  it('holds for every step of a walk, and all active states are found', () => {
    const expected: string[][] = [];
    const found: string[][] = [];
    let before: unknown;
    const actor = createActor(machine, {
      inspect(event) {
        if (event.type === '@xstate.microstep') {
          const ways = event._transitions.map((way) => `${way.source.id}:${way.eventType}`);
          expected.push(ways);
        }
        if (event.type !== '@xstate.snapshot') return;
        const { value } = event.snapshot as { value?: unknown };
        if (before !== undefined) {
          const { edges } = takenEdges(graph, before, event.event.type, value);
          found.push(edges.map((id) => id.replace(/:\d+$/, '')));
        }
        before = value;
      },
    });
    actor.start();
    for (const type of ['STAY', 'GO', 'DEEPER', 'DEEPER', 'BACK', 'GO', 'BACK'] as const) {
      actor.send({ type });
      const active = activeStates(graph, actor.getSnapshot().value);
      const own = actor.getSnapshot()._nodes.map(({ id }) => id);
      expect(active.toSorted()).toEqual(own.toSorted());
    }
    expect(found).toEqual(expected.filter((ways) => ways.length > 0).slice(-found.length));
    expect(found).toHaveLength(7);
  });
});
