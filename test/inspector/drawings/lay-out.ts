/** Where everything of a chart goes: the graph of a machine, laid out by ELK. */

import ElkBundled from 'elkjs/lib/elk.bundled.js';
import type elk from 'elkjs/lib/elk-api.js';
import type { ElkEdgeSection, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { GraphEdge, GraphState, MachineGraph } from '../../../src/inspector/machine-graph.ts';

/** Of the monospaced font that the chart is set in, at its size. */
const CHARACTER = 6.7;
export const LINE = 15;
const PADDING = 10;
const MAX_CHARACTERS = 46;

export interface TextLine {
  readonly text: string;
  /** What the pointer shows. */
  readonly full: string;
  /** Of a transition: its edge. */
  readonly edge: string | undefined;
}

export interface Box {
  readonly state: GraphState;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly lines: readonly TextLine[];
}

export interface Arrow {
  /** Empty: from the dot of the initial state. */
  readonly edges: readonly string[];
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly label: readonly TextLine[];
  readonly labelX: number;
  readonly labelY: number;
}

export interface Dot {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Transitions that are possible in every state. */
  readonly everywhere: readonly TextLine[];
  /** Containers before what is in them. */
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
  readonly dots: readonly Dot[];
}

const cut = (text: string): string =>
  text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS - 1)}…`;

const widthOf = (lines: readonly { readonly text: string }[]): number =>
  Math.ceil(Math.max(0, ...lines.map(({ text }) => [...text].length)) * CHARACTER);

const line = (full: string, edge?: string): TextLine => ({ text: cut(full), full, edge });

const withGuard = ({ label, guard }: GraphEdge): string =>
  [...(label === '' ? [] : [label]), ...(guard === undefined ? [] : [`[${guard}]`])].join(' ');

const withActions = (edge: GraphEdge): string =>
  [withGuard(edge), ...(edge.actions.length === 0 ? [] : [`/ ${edge.actions.join(', ')}`])]
    .join(' ')
    .trim();

const isDrawn = ({ to }: GraphEdge): boolean => to !== undefined;

const textWidth = (state: GraphState, lines: readonly TextLine[]): number =>
  Math.max(60, widthOf([{ text: `${state.key}  ` }, ...lines]) + 2 * PADDING);

function linesOf(graph: MachineGraph, state: GraphState): TextLine[] {
  const own = graph.edges.filter(({ from }) => from === state.id);
  return [
    ...state.invokes.map(({ id }) => line(`⟳ ${id}`)),
    ...state.entry.map((name) => line(`entry / ${name}`)),
    ...state.exit.map((name) => line(`exit / ${name}`)),
    ...own.filter((edge) => !isDrawn(edge)).map((edge) => line(withActions(edge), edge.id)),
  ];
}

/** One arrow for all transitions between the same two states. */
function bundles(graph: MachineGraph): GraphEdge[][] {
  const byEnds = new Map<string, GraphEdge[]>();
  for (const edge of graph.edges) {
    if (!isDrawn(edge) || edge.from === graph.id) continue;
    const key = `${edge.from}→${edge.to}`;
    byEnds.set(key, [...(byEnds.get(key) ?? []), edge]);
  }
  return [...byEnds.values()];
}

const labelOf = (edges: readonly GraphEdge[]): TextLine[] =>
  edges.map((edge) => ({ text: cut(withGuard(edge)), full: withActions(edge), edge: edge.id }));

const OPTIONS: Readonly<Record<string, string>> = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.randomSeed': '1',
  'elk.spacing.nodeNode': '36',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '6',
  'elk.layered.spacing.nodeNodeBetweenLayers': '38',
  'elk.layered.spacing.edgeNodeBetweenLayers': '18',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.padding': '[top=14,left=14,bottom=14,right=14]',
};

/** `room`: what a container lacks in width for its own text. ELK has no minimum for it. */
function elkState(
  graph: MachineGraph,
  state: GraphState,
  room: ReadonlyMap<string, number>,
): ElkNode {
  const children = graph.states.filter(({ parent }) => parent === state.id);
  const lines = linesOf(graph, state);
  const width = textWidth(state, lines);
  const height = LINE * (lines.length + 1) + PADDING;
  if (children.length === 0) return { id: state.id, width, height };
  const top = state.parent === undefined ? 14 : height + 10;
  return {
    id: state.id,
    children: [
      ...children.map((child) => elkState(graph, child, room)),
      ...(state.initial === undefined ? [] : [elkDot(state.id)]),
    ],
    layoutOptions: {
      'elk.padding': `[top=${top},left=14,bottom=14,right=${14 + (room.get(state.id) ?? 0)}]`,
    },
  };
}

const elkDot = (stateId: string): ElkNode => ({
  id: dotId(stateId),
  width: 10,
  height: 10,
  layoutOptions: { 'elk.layered.layering.layerConstraint': 'FIRST' },
});

const dotId = (stateId: string): string => `${stateId}:initial`;

function elkEdges(graph: MachineGraph, groups: readonly GraphEdge[][]): ElkExtendedEdge[] {
  const arrows = groups.map((edges, index) => {
    const label = labelOf(edges);
    const [first] = edges;
    return {
      id: `arrow ${index}`,
      sources: [first?.from ?? ''],
      targets: [first?.to ?? ''],
      labels: [
        {
          id: `label ${index}`,
          text: label.map(({ text }) => text).join('\n'),
          width: widthOf(label) + 4,
          height: LINE * label.length,
          layoutOptions: { 'elk.edgeLabels.inline': 'false' },
        },
      ],
    };
  });
  const starts = graph.states.flatMap(({ id, initial }) =>
    initial === undefined
      ? []
      : [{ id: `start ${id}`, sources: [dotId(id)], targets: [initial], labels: [] }],
  );
  return [...arrows, ...starts];
}

const flat = (node: ElkNode): ElkNode[] => [node, ...(node.children ?? []).flatMap(flat)];

const pointsOf = (section: ElkEdgeSection | undefined): (readonly [number, number])[] =>
  section === undefined
    ? []
    : [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].map(
        ({ x, y }) => [Math.round(x), Math.round(y)] as const,
      );

function missingRoom(graph: MachineGraph, result: ElkNode): ReadonlyMap<string, number> {
  const widths = new Map(flat(result).map(({ id, width = 0 }) => [id, width]));
  const containers = graph.states.slice(1).filter(({ kind }) => kind === 'compound');
  return new Map(
    containers.map((state) => {
      const wanted = textWidth(state, linesOf(graph, state));
      return [state.id, Math.max(0, wanted - (widths.get(state.id) ?? 0))];
    }),
  );
}

const engine = new (ElkBundled as unknown as new () => InstanceType<typeof elk.default>)();

export async function layOut(graph: MachineGraph): Promise<Layout> {
  const [root] = graph.states;
  if (root === undefined) throw new Error(`${graph.id} has no states`);
  const groups = bundles(graph);
  const attempt = (room: ReadonlyMap<string, number>): Promise<ElkNode> => {
    const given = { ...elkState(graph, root, room), edges: elkEdges(graph, groups) };
    return engine.layout({ ...given, layoutOptions: OPTIONS });
  };
  const result = await attempt(missingRoom(graph, await attempt(new Map())));
  const placed = new Map(flat(result).map((node) => [node.id, node]));
  const at = (id: string) => {
    const { x = 0, y = 0, width = 0, height = 0 } = placed.get(id) ?? {};
    return {
      x: Math.round(x),
      y: Math.round(y),
      width: Math.round(width),
      height: Math.round(height),
    };
  };
  const edges = (result.edges ?? []) as ElkExtendedEdge[];
  return {
    id: graph.id,
    width: Math.round(result.width ?? 0),
    height: Math.round(result.height ?? 0),
    everywhere: graph.edges
      .filter(({ from }) => from === root.id)
      .map((edge) => {
        const to = edge.to === undefined ? '' : ` → ${edge.to.slice(root.id.length + 1)}`;
        return line(`${withActions(edge)}${to}`, edge.id);
      }),
    boxes: graph.states
      .slice(1)
      .map((state) => ({ state, ...at(state.id), lines: linesOf(graph, state) })),
    arrows: edges.map((edge, index) => ({
      edges: (groups[index] ?? []).map(({ id }) => id),
      points: pointsOf(edge.sections?.[0]),
      label: labelOf(groups[index] ?? []),
      labelX: Math.round(edge.labels?.[0]?.x ?? 0),
      labelY: Math.round(edge.labels?.[0]?.y ?? 0),
    })),
    dots: graph.states
      .filter(({ initial }) => initial !== undefined)
      .map(({ id }) => ({ x: at(dotId(id)).x + 5, y: at(dotId(id)).y + 5 })),
  };
}
