/** From what the processes wrote to what the machines still lack. No I/O. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { transitionKey } from '../machines/run-script.ts';
import { namesIn, ownTransitions, statesOf } from '../machines/walk.ts';
import type { Gap } from './gaps.ts';

export interface Edge {
  /** Tells the transition apart from its siblings by its place. */
  readonly key: string;
  readonly from: string;
  readonly event: string;
  readonly guards: readonly string[];
  /** Empty: the state stays. */
  readonly to: string;
}

export interface MissingEdge extends Edge {
  readonly reason: string;
}

export interface MachineCoverage {
  readonly machine: string;
  readonly edges: number;
  readonly taken: number;
  readonly missing: readonly MissingEdge[];
}

/** The transitions of each machine's id, from the files' texts; a torn last line is left out. */
export function mergeEdges(texts: readonly string[]): Map<string, Set<string>> {
  const taken = new Map<string, Set<string>>();
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    if (!line.endsWith('}')) continue;
    const { machine, edge } = JSON.parse(line) as { machine: string; edge: string };
    const own = taken.get(machine) ?? new Set();
    taken.set(machine, own.add(edge));
  }
  return taken;
}

function edgeOf(way: AnyTransitionDefinition): Edge {
  const targets = (way.target ?? []) as readonly AnyStateNode[];
  return {
    key: transitionKey(way),
    from: way.source.id,
    event: way.eventType === '' ? 'always' : way.eventType,
    // A guard that combines others has no name.
    guards: namesIn(way).guards.map((name: string | undefined) => name ?? 'combined'),
    to: targets.map(({ id }) => id).join(' '),
  };
}

export const edgesOf = (machine: AnyStateMachine): Edge[] =>
  statesOf(machine.root).flatMap(ownTransitions).map(edgeOf);

/** Each machine against what was taken; a transition that no machine has counts for nothing. */
export function coverageOf(
  machines: readonly AnyStateMachine[],
  taken: ReadonlyMap<string, ReadonlySet<string>>,
  gaps: readonly Gap[],
): MachineCoverage[] {
  return machines.map((machine) => {
    const edges = edgesOf(machine);
    const own = taken.get(machine.id) ?? new Set();
    const missing = edges
      .filter(({ key }) => !own.has(key))
      .map((edge) => {
        const gap = gaps.find((one) => one.machine === machine.id && one.edges.includes(edge.key));
        return { ...edge, reason: gap?.reason ?? '' };
      });
    const counts = { edges: edges.length, taken: edges.length - missing.length };
    return { machine: machine.id, ...counts, missing };
  });
}

/** Reasons for gaps that there are none of: the transition was taken, or no machine has it. */
export function staleGaps(
  coverage: readonly MachineCoverage[],
  gaps: readonly Gap[],
): readonly string[] {
  const open = new Set(coverage.flatMap(({ missing }) => missing.map(({ key }) => key)));
  return gaps.flatMap(({ edges }) => edges.filter((edge) => !open.has(edge)));
}
