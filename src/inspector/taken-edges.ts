/**
 * Which transitions a step took, concluded from the state before, the event, and the state after.
 * The feed keeps no transitions, so that it costs nothing; this runs in the page. No I/O.
 */
import type { GraphEdge, GraphState, MachineGraph } from './machine-graph.ts';

export interface Taken {
  readonly edges: readonly string[];
  /** False: several ways lead there, and it was one of them. */
  readonly isCertain: boolean;
}

const NOTHING: Taken = { edges: [], isCertain: true };
/** Transitions without event, one after the other. */
const MAX_CHAIN = 5;

/** Ids of all active states of a state value, the machine itself first. */
export function activeStates(graph: MachineGraph, value: unknown): string[] {
  const found: string[] = [graph.id];
  const walk = (parent: string, own: unknown): void => {
    const entries: readonly (readonly [string, unknown])[] =
      typeof own === 'string'
        ? [[own, undefined]]
        : Object.entries((own ?? {}) as Readonly<Record<string, unknown>>);
    for (const [key, below] of entries) {
      const state = graph.states.find((each) => each.parent === parent && each.key === key);
      if (state === undefined) continue;
      found.push(state.id);
      walk(state.id, below);
    }
  };
  walk(graph.id, value);
  return found;
}

const stateOf = (graph: MachineGraph, id: string): GraphState | undefined =>
  graph.states.find((state) => state.id === id);

function entered(graph: MachineGraph, target: string): string[] {
  const above: string[] = [];
  for (let own = stateOf(graph, target); own !== undefined; ) {
    above.unshift(own.id);
    own = own.parent === undefined ? undefined : stateOf(graph, own.parent);
  }
  const below: string[] = [];
  const descend = (id: string): void => {
    const own = stateOf(graph, id);
    const next =
      own?.kind === 'parallel'
        ? graph.states.filter(({ parent }) => parent === id).map((state) => state.id)
        : own?.initial === undefined
          ? []
          : [own.initial];
    for (const child of next) {
      below.push(child);
      descend(child);
    }
  };
  descend(target);
  return [...above, ...below];
}

/** `xstate.*` takes every event that begins with `xstate.`. */
const hears = ({ event }: GraphEdge, eventType: string): boolean =>
  event !== '' &&
  (event === eventType || (event.endsWith('.*') && eventType.startsWith(event.slice(0, -1))));

const isSame = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((id) => right.includes(id));

const after = (graph: MachineGraph, active: readonly string[], edge: GraphEdge): string[] =>
  edge.to === undefined ? [...active] : entered(graph, edge.to);

/** Ways without event from one set of states to another; the empty way when they are equal. */
function chains(
  graph: MachineGraph,
  active: readonly string[],
  goal: readonly string[],
  depth: number,
): string[][] {
  if (isSame(active, goal)) return [[]];
  if (depth === MAX_CHAIN) return [];
  return graph.edges
    .filter(({ event, from, to }) => event === '' && to !== undefined && active.includes(from))
    .flatMap((edge) =>
      chains(graph, after(graph, active, edge), goal, depth + 1).map((rest) => [edge.id, ...rest]),
    );
}

function chosen(ways: readonly (readonly string[])[]): Taken {
  const [first] = ways;
  if (first === undefined) return NOTHING;
  if (ways.length === 1) return { edges: first, isCertain: true };
  return { edges: [...new Set(ways.flat())], isCertain: false };
}

/**
 * `before` and `value` are state values as XState has them; `before` undefined: not known, or the
 * machine has only started.
 */
export function takenEdges(
  graph: MachineGraph,
  before: unknown,
  eventType: string,
  value: unknown,
): Taken {
  const goal = activeStates(graph, value);
  if (before === undefined) {
    if (eventType !== 'xstate.init') return NOTHING;
    return chosen(chains(graph, entered(graph, graph.id), goal, 0));
  }
  const active = activeStates(graph, before);
  const candidates = graph.edges.filter(
    (edge) => active.includes(edge.from) && hears(edge, eventType),
  );
  // The innermost state that hears the event answers it, if one of its guards lets it.
  const depthOf = (edge: GraphEdge): number => entered(graph, edge.from).indexOf(edge.from);
  const ways = candidates
    .toSorted((left, right) => depthOf(right) - depthOf(left))
    .flatMap((edge) =>
      chains(graph, after(graph, active, edge), goal, 0).map((rest) => [edge.id, ...rest]),
    );
  return chosen(ways);
}

/** For a lifecycle, of which only the states before and after are told. */
export function edgesBetween(graph: MachineGraph, from: string, to: string): Taken {
  const ends = [`${graph.id}.${from}`, `${graph.id}.${to}`];
  const ways = graph.edges.filter((edge) => edge.from === ends[0] && edge.to === ends[1]);
  return chosen(ways.map(({ id }) => [id]));
}
