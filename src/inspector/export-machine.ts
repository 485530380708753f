/** A machine in the languages of other tools. Pure. */
import type { GraphEdge, GraphState, MachineGraph } from './machine-graph.ts';

const childrenOf = ({ states }: MachineGraph, id: string): GraphState[] =>
  states.filter(({ parent }) => parent === id);

const edgesFrom = ({ edges }: MachineGraph, id: string): GraphEdge[] =>
  edges.filter(({ from }) => from === id);

const isInternal = ({ to, from, isReentering }: GraphEdge): boolean =>
  to === undefined || (to === from && !isReentering);

/** Names that Mermaid takes: it reads `-` and `.` as its own. */
const mermaidId = (id: string): string => id.replaceAll(/[^A-Za-z0-9]/g, '_');

/** `event [guard] / action, action`, as UML writes it. */
function edgeText({ label, guard, actions }: GraphEdge): string {
  const parts = [
    ...(label === '' ? [] : [label]),
    ...(guard === undefined ? [] : [`[${guard}]`]),
    ...(actions.length === 0 ? [] : [`/ ${actions.join(', ')}`]),
  ];
  return parts.join(' ');
}

function mermaidState(graph: MachineGraph, state: GraphState, indent: string): string[] {
  const children = childrenOf(graph, state.id);
  const id = mermaidId(state.id);
  if (children.length === 0) return [`${indent}state "${state.key}" as ${id}`];
  const inner = mermaidRegion(graph, state, `${indent}  `);
  return [`${indent}state "${state.key}" as ${id} {`, ...inner, `${indent}}`];
}

function mermaidRegion(graph: MachineGraph, state: GraphState, indent: string): string[] {
  const children = childrenOf(graph, state.id);
  const lines: string[] = [];
  children.forEach((child, index) => {
    if (state.kind === 'parallel' && index > 0) lines.push(`${indent}--`);
    lines.push(...mermaidState(graph, child, indent));
    if (child.id === state.initial) lines.push(`${indent}[*] --> ${mermaidId(child.id)}`);
    if (child.kind === 'final') lines.push(`${indent}${mermaidId(child.id)} --> [*]`);
  });
  return lines;
}

/** Mermaid's `stateDiagram-v2`. What the machine does in every state stands as a note. */
export function toMermaid(graph: MachineGraph): string {
  const [root] = graph.states;
  if (root === undefined) return '';
  const lines = ['stateDiagram-v2', ...mermaidRegion(graph, root, '  ')];
  for (const edge of graph.edges) {
    if (edge.from === root.id) continue;
    const text = edgeText(edge).replaceAll(':', '#58;');
    const to = mermaidId(edge.to ?? edge.from);
    lines.push(`  ${mermaidId(edge.from)} --> ${to}${text === '' ? '' : `: ${text}`}`);
  }
  const everywhere = edgesFrom(graph, root.id);
  if (everywhere.length > 0 && root.initial !== undefined) {
    lines.push(`  note left of ${mermaidId(root.initial)}`);
    for (const edge of everywhere) {
      const target = edge.to === undefined ? '' : ` → ${edge.to.slice(root.id.length + 1)}`;
      lines.push(`    anywhere#58; ${edgeText(edge).replaceAll(':', '#58;')}${target}`);
    }
    lines.push('  end note');
  }
  return `${lines.join('\n')}\n`;
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** XML names have no slashes and brackets. */
const xmlId = (id: string): string => id.replaceAll(/[^A-Za-z0-9_.-]/g, '_');

const sends = (actions: readonly string[], indent: string): string[] =>
  actions.map((name) => `${indent}<script src="action:${escapeXml(encodeURI(name))}"/>`);

function scxmlEdge(edge: GraphEdge, indent: string): string[] {
  const attributes = [
    ...(edge.event === '' ? [] : [`event="${escapeXml(edge.event)}"`]),
    ...(edge.guard === undefined ? [] : [`cond="${escapeXml(edge.guard)}"`]),
    ...(edge.to === undefined ? [] : [`target="${xmlId(edge.to)}"`]),
    ...(edge.to !== undefined && isInternal(edge) ? ['type="internal"'] : []),
  ];
  const open = ['transition', ...attributes].join(' ');
  if (edge.actions.length === 0) return [`${indent}<${open}/>`];
  return [`${indent}<${open}>`, ...sends(edge.actions, `${indent}  `), `${indent}</transition>`];
}

function scxmlContent(graph: MachineGraph, state: GraphState, indent: string): string[] {
  const block = (tag: string, actions: readonly string[]): string[] =>
    actions.length === 0
      ? []
      : [`${indent}<${tag}>`, ...sends(actions, `${indent}  `), `${indent}</${tag}>`];
  return [
    ...block('onentry', state.entry),
    ...block('onexit', state.exit),
    ...state.invokes.map(
      ({ id, source }) =>
        `${indent}<invoke id="${xmlId(id)}" type="xstate" src="${escapeXml(source)}"/>`,
    ),
    ...edgesFrom(graph, state.id).flatMap((edge) => scxmlEdge(edge, indent)),
    ...childrenOf(graph, state.id).flatMap((child) => scxmlState(graph, child, indent)),
  ];
}

function scxmlState(graph: MachineGraph, state: GraphState, indent: string): string[] {
  const tag = state.kind === 'parallel' || state.kind === 'final' ? state.kind : 'state';
  const initial = state.initial === undefined ? '' : ` initial="${xmlId(state.initial)}"`;
  const open = `${tag} id="${xmlId(state.id)}"${tag === 'state' ? initial : ''}`;
  const content = scxmlContent(graph, state, `${indent}  `);
  if (content.length === 0) return [`${indent}<${open}/>`];
  return [`${indent}<${open}>`, ...content, `${indent}</${tag}>`];
}

/**
 * W3C SCXML. Guards and actions are names of code, so they stand as conditions and script sources.
 * SCXML has no transitions at the root, so the machine is one state around all others.
 */
export function toScxml(graph: MachineGraph): string {
  const [root] = graph.states;
  if (root === undefined) return '';
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" name="${root.id}"` +
      ` initial="${xmlId(root.id)}">`,
    ...scxmlState(graph, root, '  '),
    '</scxml>',
  ];
  return `${lines.join('\n')}\n`;
}

type Json = Readonly<Record<string, unknown>>;

const whenSome = (key: string, values: readonly unknown[]): Json =>
  values.length === 0 ? {} : { [key]: values };

const asJsonAction = (name: string): Json => {
  const [, type = name, value] = /^([^(]+)\((.*)\)$/.exec(name) ?? [];
  return value === undefined ? { type } : { type, params: { value } };
};

const jsonEdge = (edge: GraphEdge): Json => ({
  ...(edge.to === undefined ? {} : { target: `#${edge.to}` }),
  ...(edge.guard === undefined ? {} : { guard: { type: edge.guard } }),
  ...whenSome('actions', edge.actions.map(asJsonAction)),
  ...(edge.isReentering ? { reenter: true } : {}),
});

function jsonState(graph: MachineGraph, state: GraphState): Json {
  const groups = new Map<string, Json[]>();
  for (const edge of edgesFrom(graph, state.id)) {
    groups.set(edge.event, [...(groups.get(edge.event) ?? []), jsonEdge(edge)]);
  }
  const always = groups.get('') ?? [];
  const after = [...groups].filter(([event]) => event.startsWith('xstate.after.'));
  const on = [...groups].filter(([event]) => event !== '' && !event.startsWith('xstate.after.'));
  const delayOf = (event: string): string => event.split('.')[2] ?? event;
  const children = childrenOf(graph, state.id).map((child) => [child.key, jsonState(graph, child)]);
  const initial = graph.states.find(({ id }) => id === state.initial)?.key;
  return {
    id: state.id,
    ...(state.kind === 'parallel' || state.kind === 'final' ? { type: state.kind } : {}),
    ...(initial === undefined ? {} : { initial }),
    ...whenSome('entry', state.entry.map(asJsonAction)),
    ...whenSome('exit', state.exit.map(asJsonAction)),
    ...whenSome(
      'invoke',
      state.invokes.map(({ id, source }) => ({ id, src: source })),
    ),
    ...whenSome('always', always),
    ...(after.length === 0
      ? {}
      : { after: Object.fromEntries(after.map(([event, ways]) => [delayOf(event), ways])) }),
    ...(on.length === 0 ? {} : { on: Object.fromEntries(on) }),
    ...(children.length === 0 ? {} : { states: Object.fromEntries(children) }),
  };
}

/** The configuration as `createMachine` takes it: Stately's editor imports it. */
export function toMachineJson(graph: MachineGraph): Json {
  const [root] = graph.states;
  return root === undefined ? {} : jsonState(graph, root);
}
