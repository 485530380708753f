/** `troupe machines`: the list of all statecharts, or some of them for other tools. */
import { toMachineJson, toMermaid, toScxml } from '../inspector/export-machine.ts';
import { type MachineGraph, machineGraph } from '../inspector/machine-graph.ts';
import { ALL_MACHINES, MACHINES_BY_COMPONENT } from '../inspector/machine-list.ts';
import { EXIT, type Host } from './host.ts';

export interface MachinesFlags {
  readonly mermaid?: boolean;
  readonly scxml?: boolean;
  readonly json?: boolean;
}

type Format = keyof MachinesFlags;

/** One machine alone is a document; of several each begins with a comment that names it. */
const WRITERS: Readonly<Record<Format, (graphs: readonly MachineGraph[]) => string>> = {
  mermaid: (graphs) =>
    graphs
      .map((graph) => (graphs.length === 1 ? '' : `%% ${graph.id}\n`) + toMermaid(graph))
      .join('\n'),
  scxml: (graphs) =>
    graphs
      .map((graph) => (graphs.length === 1 ? '' : `<!-- ${graph.id} -->\n`) + toScxml(graph))
      .join('\n'),
  json: (graphs) => {
    const [only] = graphs;
    const isOne = only !== undefined && graphs.length === 1;
    const value = isOne
      ? toMachineJson(only)
      : Object.fromEntries(graphs.map((graph) => [graph.id, toMachineJson(graph)]));
    return `${JSON.stringify(value, undefined, 2)}\n`;
  },
};

function listText(): string {
  const rows = Object.entries(MACHINES_BY_COMPONENT).flatMap(([component, machines]) =>
    machines.map((machine) => {
      const { id, states, edges } = machineGraph(machine);
      const counts = `${states.length - 1} states, ${edges.length} transitions`;
      return `${id.padEnd(20)} ${component.padEnd(14)} ${counts}\n`;
    }),
  );
  return rows.join('');
}

/** `name`: undefined: all. */
export function machinesCommand(host: Host, name: string | undefined, flags: MachinesFlags): void {
  const formats = (Object.keys(WRITERS) as Format[]).filter((format) => flags[format] === true);
  const [format] = formats;
  const fail = (problem: string): void => {
    host.writeError(`troupe: ${problem}\n`);
    host.exit(EXIT.usage);
  };
  if (formats.length > 1) {
    fail('one format at a time: --mermaid, --scxml or --json');
    return;
  }
  const one = name === undefined ? undefined : ALL_MACHINES.get(name);
  if (name !== undefined && one === undefined) {
    fail(`there is no machine ${name}; \`troupe machines\` lists them`);
    return;
  }
  const graphs = (one === undefined ? [...ALL_MACHINES.values()] : [one]).map(machineGraph);
  if (format !== undefined) host.writeOut(WRITERS[format](graphs));
  else host.writeOut(one === undefined ? listText() : WRITERS.mermaid(graphs));
  host.exit(EXIT.ok);
}
