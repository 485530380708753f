import type { AnyActorRef, AnyEventObject } from 'xstate';
import type { ActorSystem, TreeNode } from '../../src/kernel/actor-system.ts';

/** What a killed actor crashes with. */
export const INJECTED = 'injected by the test';

const KILL_EVENT = { type: 'KILLED_BY_TEST' };

/** Makes the next event of a running actor throw, as a bug in a transition would, and sends it. */
export function kill(system: ActorSystem, name: string, ref = system.whereis(name)): void {
  if (ref === undefined) throw new Error(`nobody is called ${name}`);
  const actor = ref as AnyActorRef & { logic: object };
  const logic = Object.create(actor.logic) as { transition: (...words: unknown[]) => unknown };
  logic.transition = (snapshot, event, scope) => {
    if ((event as AnyEventObject).type === KILL_EVENT.type) throw new Error(INJECTED);
    const own = Object.getPrototypeOf(logic) as typeof logic;
    return own.transition(snapshot, event, scope);
  };
  actor.logic = logic;
  ref.send(KILL_EVENT);
}

export const allNodes = (tree: TreeNode): TreeNode[] => [tree, ...tree.children.flatMap(allNodes)];

/** Everything below the root is ready. */
export const isReady = (system: ActorSystem): boolean =>
  allNodes(system.tree())
    .slice(1)
    .every(({ status }) => status === 'ready');

/** Names, statuses and states, as they must be again after a restart. */
export const shapeOf = (tree: TreeNode): unknown => ({
  name: tree.name,
  status: tree.status,
  state: tree.state,
  children: tree.children.map(shapeOf),
});
