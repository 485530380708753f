/** The files of `docs/machines`: a drawing and a page for each machine, and a list of them. */
import { type MachineGraph, machineGraph } from '../../../src/inspector/machine-graph.ts';
import { MACHINES_BY_COMPONENT } from '../../../src/inspector/machine-list.ts';
import { drawChart } from './draw-chart.ts';
import { layOut } from './lay-out.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => (text === '' ? '' : `\`${cell(text)}\``);
const codes = (texts: readonly string[]): string => texts.map(code).join(' ');

const shortId = (graph: MachineGraph, id: string): string =>
  id === graph.id ? 'every state' : code(id.slice(graph.id.length + 1));

function pageOf(graph: MachineGraph, component: string): string {
  const states = graph.states.slice(1).map((state) => {
    const invokes = state.invokes.map(({ id }) => id);
    const { entry, exit } = state;
    const cells = [shortId(graph, state.id), state.kind, codes(entry), codes(exit), codes(invokes)];
    return `| ${cells.join(' | ')} |`;
  });
  const edges = graph.edges.map((edge) => {
    const { from, to, label, guard, actions } = edge;
    const target = to === undefined ? 'stays' : shortId(graph, to);
    const cells = [shortId(graph, from), code(label), code(guard ?? ''), target, codes(actions)];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `# ${graph.id}`,
    '',
    `![Statechart of ${graph.id}](${graph.id}.svg)`,
    '',
    `From \`machines/${component}/${graph.id}.machine.ts\`; written by \`npm run docs\`.`,
    `Export it with \`troupe machines --mermaid\`, \`--scxml\` or \`--json\` \`${graph.id}\`.`,
    '',
    '| state | kind | on entry | on exit | invokes |',
    '| --- | --- | --- | --- | --- |',
    ...states,
    '',
    '| from | event | guard | to | actions |',
    '| --- | --- | --- | --- | --- |',
    ...edges,
    '',
  ].join('\n');
}

function listOf(rows: readonly { graph: MachineGraph; component: string }[]): string {
  return [
    '# The machines',
    '',
    'Every statechart of the program, drawn from the code that runs. `npx troupe inspect` shows',
    'them alive. The lifecycles of the BBS (`actual-lrp`, `evacuation`, `desired-lrp`, `task`,',
    '`domain`) are no actors: the BBS runs them through a compiled table.',
    '',
    '| machine | component | states | transitions |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ({ graph, component }) =>
        `| [${graph.id}](${graph.id}.md) | ${component} | ${graph.states.length - 1}` +
        ` | ${graph.edges.length} |`,
    ),
    '',
  ].join('\n');
}

/** Text of each file, by its path from the root of the project. */
export async function machineDocs(): Promise<ReadonlyMap<string, string>> {
  const rows = Object.entries(MACHINES_BY_COMPONENT).flatMap(([component, machines]) =>
    machines.map((machine) => ({ graph: machineGraph(machine), component })),
  );
  const files = new Map([['docs/machines/README.md', listOf(rows)]]);
  for (const { graph, component } of rows) {
    files.set(`docs/machines/${graph.id}.md`, pageOf(graph, component));
    files.set(`docs/machines/${graph.id}.svg`, drawChart(await layOut(graph)));
  }
  return files;
}
