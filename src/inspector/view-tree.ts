/** The supervision tree with what only a look into the actors tells: machine and last crash. */
import { fileURLToPath } from 'node:url';
import type { AnyActorRef } from 'xstate';
import type { SupervisorContext } from '../../machines/kernel/supervisor.machine.ts';
import type { ActorSystem, TreeNode } from '../kernel/actor-system.ts';
import type { ActorView } from './views.ts';

/** Paths in stacks begin here: shorter, and nothing about the machine. */
const ROOT = new URL('../../', import.meta.url);
const MAX_CAUSES = 10;
const MAX_STACK_CHARACTERS = 8192;

function stackOf(error: unknown): string {
  const parts: string[] = [];
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && current !== undefined; depth += 1) {
    parts.push(current instanceof Error ? (current.stack ?? current.message) : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts
    .join('\ncaused by: ')
    .replaceAll(ROOT.href, '')
    .replaceAll(fileURLToPath(ROOT), '')
    .slice(0, MAX_STACK_CHARACTERS);
}

const machineOf = (ref: AnyActorRef | undefined): string =>
  (ref as { logic?: { id?: string } } | undefined)?.logic?.id ?? '';

/** Errors of a supervisor's children, by their names. */
function crashesBelow(ref: AnyActorRef | undefined): ReadonlyMap<string, unknown> {
  const snapshot = ref?.getSnapshot() as { context?: Partial<SupervisorContext> } | undefined;
  const children = Object.values(snapshot?.context?.children ?? {});
  return new Map(children.map(({ spec, lastError }) => [spec.name, lastError]));
}

function viewOf(system: ActorSystem, node: TreeNode, crash: unknown): ActorView {
  const ref = system.whereis(node.name);
  const crashes = node.children.length === 0 ? undefined : crashesBelow(ref);
  return {
    ...node,
    machine: machineOf(ref),
    stack: crash === undefined ? '' : stackOf(crash),
    children: node.children.map((child) => viewOf(system, child, crashes?.get(child.name))),
  };
}

export const viewTree = (system: ActorSystem): ActorView =>
  viewOf(system, system.tree(), undefined);
