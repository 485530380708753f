import {
  type AnyActorRef,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  createActor,
  fromCallback,
  type StateValue,
  setup,
} from 'xstate';
import { createVirtualClock, type VirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import { ownTransitions, statesOf } from './walk.ts';

/** Something that happens: an event, milliseconds that pass, or a change of the world. */
export type Happening = { readonly type: string } | number | (() => void);

/** What happens, the state after it, and everything the machine did, in order. */
export type Step = readonly [happening: Happening, state: string, deeds: string];

export interface Script {
  /** The state in which the machine comes to rest, and what it did on the way. */
  readonly start: readonly [state: string, deeds: string];
  readonly steps: readonly Step[];
  readonly input?: (clock: VirtualClock, journal: string[]) => unknown;
}

/** `open.serving` for `{ open: 'serving' }`. */
export function stateText(value: StateValue): string {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([key, own]) => `${key}.${stateText(own as StateValue)}`)
    .join(' | ');
}

/** One transition of a machine, told apart from its siblings by its place. */
export function transitionKey(way: AnyTransitionDefinition): string {
  const { source, eventType } = way;
  const siblings = eventType === '' ? source.always : source.transitions.get(eventType);
  return `${source.id} ${eventType || 'always'} ${siblings?.indexOf(way) ?? -1}`;
}

export const allTransitionKeys = (machine: AnyStateMachine): string[] =>
  statesOf(machine.root).flatMap(ownTransitions).map(transitionKey);

/** The machine with its own actions, each noted as it runs, and with fakes for its resources. */
function observed(machine: AnyStateMachine, journal: string[]): AnyStateMachine {
  const actions: Record<string, unknown> = {};
  for (const [name, own] of Object.entries(machine.implementations.actions)) {
    // Actions that XState makes, such as `assign`, have no effect to be noted.
    if (typeof own !== 'function' || 'resolve' in own) continue;
    actions[name] = (...words: unknown[]) => {
      journal.push(name);
      (own as (...given: unknown[]) => unknown)(...words);
    };
  }
  const actors: Record<string, unknown> = {};
  for (const name of Object.keys(machine.implementations.actors)) {
    actors[name] = fromCallback(() => {
      journal.push(`+${name}`);
      return () => journal.push(`-${name}`);
    });
  }
  return machine.provide({ actions, actors } as never);
}

/**
 * Plays a script without supervisor and reaper, so that a crash leaves the fakes open; returns what
 * was seen, what the script wanted, and the transitions that were taken.
 */
export function play(machine: AnyStateMachine, script: Script) {
  const clock = createVirtualClock();
  const journal: string[] = [];
  const taken = new Set<string>();
  const logic = observed(machine, journal);
  const input = script.input?.(clock, journal) ?? {};
  const note = (text: string) => () => void journal.push(text);
  const parent = setup({ actors: { child: logic } }).createMachine({
    invoke: { id: 'child', src: 'child', input: () => input as never },
    on: {
      CHILD_READY: { actions: note('READY') },
      'xstate.done.*': { actions: note('ENDED') },
      'xstate.error.*': { actions: note('CRASHED') },
    },
  });
  const root = createActor(parent, {
    clock: clock as never,
    inspect: (event) => {
      if (event.type !== '@xstate.microstep') return;
      if ((event.actorRef as AnyActorRef).id !== 'child') return;
      for (const way of event._transitions) taken.add(transitionKey(way));
    },
  });
  root.start();
  const child = root.getSnapshot().children['child'] as AnyActorRef;
  const seen: string[][] = [];
  const look = (): void => {
    const { value } = child.getSnapshot() as { value: StateValue };
    seen.push([stateText(value), journal.splice(0).join(' ')]);
  };
  look();
  for (const [happening] of script.steps) {
    if (typeof happening === 'number') clock.advance(happening);
    else if (typeof happening === 'function') happening();
    else {
      // A transition that throws is taken as well, but XState does not tell of it.
      const ways = logic.getTransitionData(child.getSnapshot(), happening) ?? [];
      for (const way of ways) taken.add(transitionKey(way));
      child.send(happening);
    }
    look();
  }
  const wanted = [script.start, ...script.steps.map(([, state, deeds]) => [state, deeds])];
  return { seen, wanted, taken };
}
