import { afterEach, describe, expect, it } from 'vitest';
import { createActor, getInitialSnapshot, setup, transition } from 'xstate';
import { crash } from '../../machines/kernel/actions.ts';
import { compileLifecycle } from '../../machines/kernel/lifecycle.ts';
import { onceEach, recordActors, recordLifecycle } from './edge-recorder.ts';

const notes: string[] = [];
const note = (machine: string, edge: string): void => void notes.push(`${machine}: ${edge}`);
let end = (): void => {};

afterEach(() => {
  end();
  notes.length = 0;
});

const toy = () => {
  const child = setup({}).createMachine({
    id: 'child',
    initial: 'passing',
    states: { passing: { always: 'resting' }, resting: { on: { GO: 'resting' } } },
  });
  return setup({ actors: { child }, guards: { never: () => false } }).createMachine({
    id: 'toy',
    invoke: { id: 'child', src: 'child' },
    initial: 'off',
    states: {
      off: { on: { FLIP: [{ guard: 'never', target: 'off' }, { target: 'on' }] } },
      on: { on: { FLIP: 'off', PASS: { actions: ({ self }) => void self } } },
    },
  });
};

describe('the recorder of actors', () => {
  it('notes what root and child take, from the first step on', () => {
    end = recordActors(note);
    const root = createActor(toy()).start();
    root.send({ type: 'FLIP' });
    root.send({ type: 'PASS' });
    root.getSnapshot().children['child']?.send({ type: 'GO' });
    root.stop();
    expect(notes).toEqual([
      'child: child.passing always 0',
      'toy: toy.off FLIP 1',
      'toy: toy.on PASS 0',
      'child: child.resting GO 0',
    ]);
  });

  it('notes nothing of a calculation that runs no actor', () => {
    end = recordActors(note);
    const machine = toy();
    transition(machine, getInitialSnapshot(machine), { type: 'FLIP' });
    expect(notes).toEqual([]);
  });

  it('notes a transition that throws, as a failed resource does', () => {
    end = recordActors(note);
    const machine = setup({ actions: { crash } }).createMachine({
      id: 'frail',
      on: { RESOURCE_FAILED: { actions: 'crash' } },
    });
    const errors: unknown[] = [];
    const root = createActor(machine);
    root.subscribe({ error: (error) => errors.push(error) });
    const failed = { type: 'RESOURCE_FAILED', error: new Error('gone') };
    root.start().send(failed);
    expect(errors).toEqual([failed.error]);
    expect(notes).toEqual(['frail: frail RESOURCE_FAILED 0']);
  });

  it('notes nothing of an event that no transition takes, and nothing once it has ended', () => {
    end = recordActors(note);
    const root = createActor(toy()).start();
    notes.length = 0;
    root.send({ type: 'PASS' });
    end();
    const later = createActor(toy()).start();
    later.send({ type: 'FLIP' });
    root.stop();
    later.stop();
    expect(notes).toEqual([]);
  });
});

interface Lamp {
  hours: number;
}
interface Burn {
  readonly type: 'BURN';
  readonly hours: number;
}

const lampRules = {
  guards: { isSpent: ({ hours }: Lamp, own: Burn) => hours + own.hours > 10 },
  effects: {
    burn: (draft: Lamp, own: Burn) => {
      draft.hours += own.hours;
    },
  },
};

const lampMachine = setup({
  types: { context: {} as Lamp, events: {} as Burn },
  guards: { isSpent: ({ context, event }) => lampRules.guards.isSpent(context, event) },
  actions: { burn: () => {} },
}).createMachine({
  id: 'lamp',
  context: { hours: 0 },
  initial: 'whole',
  states: {
    whole: { on: { BURN: [{ guard: 'isSpent', target: 'broken' }, { actions: 'burn' }] } },
    broken: { on: { BURN: {} } },
  },
});

describe('the recorder of lifecycles', () => {
  it('notes the way that the guards choose, and leaves the step as it is', () => {
    const lifecycle = compileLifecycle<Lamp, Burn>(lampMachine, lampRules);
    end = recordLifecycle({ machine: lampMachine, lifecycle }, note);
    const lamp: Lamp = { hours: 0 };
    const burn = (state: string, hours: number) =>
      lifecycle.step(state, lamp, { type: 'BURN', hours });
    expect([burn('whole', 4), burn('whole', 4), burn('whole', 4)]).toEqual([
      'whole',
      'whole',
      'broken',
    ]);
    expect(lamp.hours).toBe(8);
    expect(onlyNew()).toEqual(['lamp: lamp.whole BURN 1', 'lamp: lamp.whole BURN 0']);
    expect(burn('broken', 1)).toBe('broken');
    expect(onlyNew()).toContain('lamp: lamp.broken BURN 0');
    expect(() => burn('lost', 1)).toThrow('no way for BURN');
    end();
    burn('broken', 1);
    expect(notes).toHaveLength(onlyNew().length + 1);
  });

  const onlyNew = (): string[] => [...new Set(notes)];
});

it('passes on each transition once', () => {
  const once = onceEach(note);
  once('a', 'x');
  once('a', 'x');
  once('b', 'x');
  expect(notes).toEqual(['a: x', 'b: x']);
});
