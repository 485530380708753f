/** Reads machines as data: states, transitions, names. Nothing is run. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

export function statesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(statesOf)];
}

export const ownTransitions = (node: AnyStateNode): AnyTransitionDefinition[] => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
];

const ancestorsOf = (node: AnyStateNode): AnyStateNode[] =>
  node.parent === undefined ? [] : [node.parent, ...ancestorsOf(node.parent)];

const targetsOf = (transition: AnyTransitionDefinition): readonly AnyStateNode[] =>
  (transition.target ?? []) as readonly AnyStateNode[];

/** Where the machine can be: by entering initial states and by taking transitions. */
export function reachableStates(root: AnyStateNode): Set<AnyStateNode> {
  const found = new Set<AnyStateNode>();
  const queue: AnyStateNode[] = [root];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    if (node.parent !== undefined) queue.push(node.parent);
    const initial = node.type === 'compound' ? (node.initial.target as AnyStateNode[]) : [];
    const parts = node.type === 'parallel' ? Object.values(node.states) : [];
    queue.push(...initial, ...parts, ...ownTransitions(node).flatMap(targetsOf));
  }
  return found;
}

const isLeaf = (node: AnyStateNode): boolean => node.type === 'atomic';

/** States from which no event, time or condition leads on, although they are not final. */
export const deadEnds = (root: AnyStateNode): string[] =>
  statesOf(root)
    .filter(isLeaf)
    .filter((node) => {
      const ways = [node, ...ancestorsOf(node)].flatMap(ownTransitions);
      return !ways.some((way) => targetsOf(way).some((target) => target !== node));
    })
    .map(({ id }) => id);

/** A state that is left at once: it waits for nothing, so it need not hear SHUTDOWN. */
const isPassing = (node: AnyStateNode): boolean =>
  (node.always ?? []).some(({ guard }) => guard === undefined);

export const deafToShutdown = (root: AnyStateNode): string[] =>
  statesOf(root)
    .filter(isLeaf)
    .filter((node) => !isPassing(node))
    .filter(
      (node) =>
        ![node, ...ancestorsOf(node)].some(({ transitions }) => transitions.has('SHUTDOWN')),
    )
    .map(({ id }) => id);

type Named = string | { readonly type: string } | ((...words: never[]) => unknown);

const nameOf = (named: Named): string =>
  typeof named === 'string' ? named : (named as { type: string }).type;

/** Names that a machine uses and that `setup` does not know. */
export function unknownNames(machine: AnyStateMachine): string[] {
  const { actions, guards, actors } = machine.implementations;
  const unknown: string[] = [];
  const check = (kind: string, known: object, named: Named): void => {
    if (typeof named === 'function') return;
    if (!(nameOf(named) in known)) unknown.push(`${kind} ${nameOf(named)}`);
  };
  for (const node of statesOf(machine.root)) {
    const transitions = ownTransitions(node);
    const used = [...node.entry, ...node.exit, ...transitions.flatMap((way) => way.actions)];
    for (const action of used) {
      const { delay } = action as { delay?: unknown };
      // Delayed events of `after` are part of XState.
      if (delay === undefined && !nameOf(action as Named).startsWith('xstate.')) {
        check('action', actions, action as Named);
      }
    }
    for (const { guard } of transitions) {
      if (guard !== undefined) check('guard', guards, guard as Named);
    }
    for (const { src } of node.invoke) check('actor', actors, src as Named);
  }
  return unknown;
}

/** The names of the guard, the actions, and what is done on entering the target. */
export const namesIn = (way: AnyTransitionDefinition): Record<'guards' | 'actions', string[]> => ({
  guards: way.guard === undefined ? [] : [nameOf(way.guard as Named)],
  actions: [...way.actions, ...targetsOf(way).flatMap(({ entry }) => entry)].map((action) =>
    nameOf(action as Named),
  ),
});

/** The guards and actions that the transitions of a machine name. */
export function usedNames({ root }: AnyStateMachine): Record<'guards' | 'actions', string[]> {
  const all = statesOf(root).flatMap(ownTransitions).map(namesIn);
  const names = (kind: 'guards' | 'actions') => [...new Set(all.flatMap((own) => own[kind]))];
  return { guards: names('guards').toSorted(), actions: names('actions').toSorted() };
}
