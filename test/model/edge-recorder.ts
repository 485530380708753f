/**
 * Notes which transitions components take while they run. The code under test knows nothing of it:
 * XState's own inspection tells of actors, a wrapped `step` tells of lifecycles.
 */
import {
  Actor,
  type AnyActorRef,
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  type InspectionEvent,
  StateMachine,
} from 'xstate';
import type { Lifecycle } from '../../machines/kernel/lifecycle.ts';
import { transitionKey } from '../machines/run-script.ts';

/** Hears of every transition, each time that it is taken. */
export type NoteEdge = (machineId: string, edge: string) => void;

type System = AnyActorScope['system'];
type InspectedActorEvent = Extract<InspectionEvent, { type: '@xstate.event' }>;
type GetInitial = (this: AnyStateMachine, scope: AnyActorScope, input: unknown) => unknown;
type Start = (this: { readonly system: System }) => unknown;

/** XState tells nothing of a step that throws, and `crash` is meant to throw. */
function crashesOf({ actorRef, event }: InspectedActorEvent): readonly AnyTransitionDefinition[] {
  if (event.type !== 'RESOURCE_FAILED') return [];
  const { logic } = actorRef as unknown as { readonly logic: unknown };
  const snapshot = (actorRef as AnyActorRef).getSnapshot() as AnyMachineSnapshot | undefined;
  if (!(logic instanceof StateMachine) || snapshot?.status !== 'active') return [];
  return (logic as AnyStateMachine).getTransitionData(snapshot, event) ?? [];
}

function waysOf(event: InspectionEvent): readonly AnyTransitionDefinition[] {
  if (event.type === '@xstate.microstep') return event._transitions;
  return event.type === '@xstate.event' ? crashesOf(event) : [];
}

/**
 * Watches every actor system that comes up in this process from now on. Machines must be imported
 * afterwards: a machine binds its own methods as it is made. Returns what ends it.
 */
export function recordActors(note: NoteEdge): () => void {
  /** What systems did that are not started: a pure calculation makes one and leaves it so. */
  const held = new WeakMap<System, (() => void)[]>();
  const started = new WeakSet<System>();
  const watch = (system: System): void => {
    if (held.has(system)) return;
    const early: (() => void)[] = [];
    held.set(system, early);
    system.inspect((event) => {
      for (const way of waysOf(event)) {
        const tell = (): void => note(way.source.machine.id, transitionKey(way));
        if (started.has(system)) tell();
        else early.push(tell);
      }
    });
  };
  const machines = StateMachine.prototype as unknown as { getInitialSnapshot: GetInitial };
  const actors = Actor.prototype as unknown as { start: Start };
  const { getInitialSnapshot } = machines;
  const { start } = actors;
  // Children are made, and `always` is taken, before the root is started.
  machines.getInitialSnapshot = function watched(scope, input) {
    watch(scope.system);
    return getInitialSnapshot.call(this, scope, input);
  };
  actors.start = function watched() {
    watch(this.system);
    started.add(this.system);
    for (const tell of held.get(this.system)?.splice(0) ?? []) tell();
    return start.call(this);
  };
  return () => {
    machines.getInitialSnapshot = getInitialSnapshot;
    actors.start = start;
  };
}

interface Recorded<C, E> {
  readonly machine: AnyStateMachine;
  readonly lifecycle: Lifecycle<C, E>;
}

/** Notes each step of a compiled lifecycle; which way it goes, the machine tells. */
export function recordLifecycle<C extends object, E extends { readonly type: string }>(
  { machine, lifecycle }: Recorded<C, E>,
  note: NoteEdge,
): () => void {
  const { step } = lifecycle;
  const taken = new Set<string>();
  const isNew = (state: string, type: string): boolean => {
    const ways = machine.root.states[state]?.transitions.get(type) ?? [];
    return ways.some((way) => !taken.has(transitionKey(way)));
  };
  lifecycle.step = (state, draft, event) => {
    if (!isNew(state, event.type)) return step(state, draft, event);
    const snapshot = machine.resolveState({ value: state, context: draft });
    const [way] = machine.getTransitionData(snapshot, event) ?? [];
    const next = step(state, draft, event);
    if (way !== undefined) {
      const edge = transitionKey(way);
      taken.add(edge);
      note(machine.id, edge);
    }
    return next;
  };
  return () => {
    lifecycle.step = step;
  };
}

/** Passes on only what was not heard before. */
export function onceEach(note: NoteEdge): NoteEdge {
  const heard = new Set<string>();
  return (machineId, edge) => {
    const line = `${machineId}\t${edge}`;
    if (heard.has(line)) return;
    heard.add(line);
    note(machineId, edge);
  };
}
