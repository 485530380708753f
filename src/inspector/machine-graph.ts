/** A machine as plain data: what is drawn, exported and shown (xstate.md §5.3). Nothing is run. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

export type StateKind = 'atomic' | 'compound' | 'parallel' | 'final' | 'history';

export interface GraphInvoke {
  readonly id: string;
  readonly source: string;
}

export interface GraphState {
  /** As XState names it: `pruner.waiting`. */
  readonly id: string;
  readonly key: string;
  /** Undefined: the machine itself. */
  readonly parent: string | undefined;
  readonly kind: StateKind;
  /** The child that is entered first. */
  readonly initial: string | undefined;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly invokes: readonly GraphInvoke[];
}

export interface GraphEdge {
  /** Unique in its machine, and the same in every run. */
  readonly id: string;
  readonly from: string;
  /** Undefined: actions alone, the state stays. */
  readonly to: string | undefined;
  /** Empty: taken at once, without an event. */
  readonly event: string;
  /** As people read it: `after pruneInterval`, `done sweep`. */
  readonly label: string;
  readonly guard: string | undefined;
  readonly actions: readonly string[];
  readonly isReentering: boolean;
}

export interface MachineGraph {
  readonly id: string;
  /** The machine itself first, parents before their children. */
  readonly states: readonly GraphState[];
  readonly edges: readonly GraphEdge[];
}

type Named = string | { readonly type?: string; readonly params?: unknown };

/** `reject(ActualLRPCannotBeClaimed)`: parameters tell apart what one name does in many places. */
function nameOf(of: unknown): string {
  if (typeof of === 'string') return of;
  const { type, params } = of as Exclude<Named, string>;
  // `enqueueActions` and the like, written in place without a name.
  const name = (type ?? 'inline').replace(/^xstate\./, '');
  if (typeof params !== 'object' || params === null) return name;
  const values = Object.values(params).filter((value) => typeof value === 'string');
  return values.length === 0 ? name : `${name}(${values.join(', ')})`;
}

/** The alarm of `after`, set and cleared, is XState's own and shows as its edge. */
const isAlarm = (action: unknown): boolean => {
  const { event, sendId } = action as { event?: { type?: string }; sendId?: unknown };
  return `${event?.type ?? sendId}`.startsWith('xstate.after.');
};

const actionNames = (actions: readonly unknown[]): string[] =>
  actions.filter((action) => !isAlarm(action)).map(nameOf);

function labelOf(eventType: string): string {
  const after = /^xstate\.after\.([^.]+)\./.exec(eventType);
  if (after?.[1] !== undefined) {
    return /^\d+$/.test(after[1]) ? `after ${after[1]} ms` : `after ${after[1]}`;
  }
  const ended = /^xstate\.(done|error)\.(?:actor|state)\.(.+)$/.exec(eventType);
  if (ended !== null) return `${ended[1]} ${ended[2]}`;
  return eventType;
}

function stateOf(node: AnyStateNode): GraphState {
  const [initial] = node.type === 'compound' ? (node.initial.target as AnyStateNode[]) : [];
  return {
    id: node.id,
    key: node.key,
    parent: node.parent?.id,
    kind: node.type,
    initial: initial?.id,
    entry: actionNames(node.entry),
    exit: actionNames(node.exit),
    invokes: node.invoke.map(({ id, src }) => ({ id, source: nameOf(src) })),
  };
}

function edgesOf(node: AnyStateNode): GraphEdge[] {
  const toEdge = (event: string) => (way: AnyTransitionDefinition, index: number) => ({
    id: `${node.id}:${event}:${index}`,
    from: node.id,
    to: (way.target as readonly AnyStateNode[] | undefined)?.[0]?.id,
    event,
    label: labelOf(event),
    guard: way.guard === undefined ? undefined : nameOf(way.guard),
    actions: actionNames(way.actions),
    isReentering: way.reenter === true,
  });
  const always = (node.always ?? []).map(toEdge(''));
  return [...node.transitions].flatMap(([event, ways]) => ways.map(toEdge(event))).concat(always);
}

const nodesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap(nodesOf),
];

export function machineGraph(machine: AnyStateMachine): MachineGraph {
  const nodes = nodesOf(machine.root);
  return { id: machine.id, states: nodes.map(stateOf), edges: nodes.flatMap(edgesOf) };
}
