/** What the tests must know of a lifecycle, and the comparison of its two forms. */
import { isDeepStrictEqual } from 'node:util';
import { type AnyStateMachine, type EventObject, transition } from 'xstate';
import type { Lifecycle } from '../../machines/kernel/lifecycle.ts';
import { type Choices, everyCommand } from './choices.ts';
import { transitionKey } from './run-script.ts';
import { namesIn } from './walk.ts';

export interface Position<C> {
  readonly state: string;
  readonly context: C;
}

export interface LifecycleKind<C extends object, E extends EventObject> {
  readonly machine: AnyStateMachine;
  /** The same machine, compiled. */
  readonly lifecycle: Lifecycle<C, E>;
  /** From here the cases go, and the walks start. */
  readonly positions: readonly Position<C>[];
  /** Only to prove equal what no record can come to: state and record contradict each other. */
  readonly contradictions: readonly Position<C>[];
  readonly choices: Choices<E>;
  copy(context: C): C;
  /** The records as they are, without what followed from the step before. */
  renew(context: C): C;
  /** The state that the records themselves tell, at a time in nanoseconds. */
  stateOf(context: C, now: bigint): string;
  /** What of the records of the machine must not be; nothing: all is well. */
  problems(before: C, after: C, command: E): readonly string[];
}

/** Any lifecycle; each is made with its own types. */
export type AnyKind = LifecycleKind<object, EventObject>;

export const anyKind = <C extends object, E extends EventObject>(
  kind: LifecycleKind<C, E>,
): AnyKind => kind as unknown as AnyKind;

export interface Compared<C> {
  /** The transition that was taken. */
  readonly edge: string;
  readonly after: Position<C>;
  /** In what the two forms differ; nothing: they are equal. */
  readonly differences: readonly string[];
}

/** One step of the XState machine and of the compiled table, from the same position. */
export function compare<C extends object, E extends EventObject>(
  kind: LifecycleKind<C, E>,
  { state, context }: Position<C>,
  command: E,
  machine: AnyStateMachine = kind.machine,
): Compared<C> {
  const snapshot = machine.resolveState({ value: state, context: kind.copy(context) });
  const [way] = machine.getTransitionData(snapshot, command) ?? [];
  const [next] = transition(machine, snapshot, command);
  const draft = kind.copy(context);
  const target = kind.lifecycle.step(state, draft, command);
  const differences: string[] = [];
  if (next.value !== target) differences.push(`state ${String(next.value)}, compiled ${target}`);
  if (!isDeepStrictEqual(next.context, draft)) differences.push('context');
  const edge = way === undefined ? `${state} ${command.type} none` : transitionKey(way);
  return { edge, after: { state: target, context: draft }, differences };
}

export interface Case<C, E> {
  readonly position: Position<C>;
  readonly command: E;
}

/** Every position with every command. */
export function casesOf(kind: AnyKind, positions = kind.positions): Case<object, EventObject>[] {
  const commands = everyCommand(kind.choices);
  return positions.flatMap((position) => commands.map((command) => ({ position, command })));
}

/** The transitions that the cases take, and in what the two forms differ there. */
export function tryCases(kind: AnyKind, cases: readonly Case<object, EventObject>[]) {
  const edges = new Set<string>();
  const differences = new Set<string>();
  for (const { position, command } of cases) {
    const { edge, differences: own } = compare(kind, position, command);
    edges.add(edge);
    for (const difference of own) differences.add(`${edge}: ${difference}`);
  }
  return { edges, differences: [...differences] };
}

/** Cases in whose transitions the guard or action of this name stands. */
const casesWith = (
  { machine }: AnyKind,
  cases: readonly Case<object, EventObject>[],
  name: string,
): Case<object, EventObject>[] =>
  cases.filter(({ position, command }) => {
    const ways = machine.root.states[position.state]?.transitions.get(command.type) ?? [];
    return ways.map(namesIn).some(({ guards, actions }) => [...guards, ...actions].includes(name));
  });

/** Whether any case tells a machine whose part of this name is broken from the compiled table. */
export const isNoticed = (
  kind: AnyKind,
  cases: readonly Case<object, EventObject>[],
  name: string,
  broken: AnyStateMachine,
): boolean =>
  casesWith(kind, cases, name).some(
    ({ position, command }) => compare(kind, position, command, broken).differences.length > 0,
  );
