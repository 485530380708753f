/** The coverage as people read it: docs/reliability/model-coverage.md. */
import type { MachineCoverage, MissingEdge } from './merge-edges.ts';

export interface Measured {
  readonly actors: readonly MachineCoverage[];
  readonly lifecycles: readonly MachineCoverage[];
  /** What was run, as given to Vitest. */
  readonly files: readonly string[];
  readonly passedTests: number;
  readonly failedTests: number;
}

const HEAD = `# Transitions that real components take

Written by \`node test/model/measure-coverage.ts\`; do not edit.

The tests named below run real components and speak to them as others do: HTTP, protobuf, NATS,
signals, the command. A recorder in every process notes each transition that a machine takes. The
scripts of \`test/machines\`, which take every transition of every machine with fakes for the
resources, count for nothing here. What counts, and is less than a whole node: some of these tests
give a component stand-ins for its neighbours (reps, executors, processes, a clock that is moved by
hand), and those of \`test/kernel\` put toy children under the real supervisor.

A gap without a reason is a transition that no measured test happens to cause; nothing more is
known of it.
`;

const sum = (of: readonly number[]): number => of.reduce((total, one) => total + one, 0);

/** Cells of a table must not end at a bar in the text. */
const cell = (text: string): string => text.replaceAll('|', '\\|');

function totals(coverage: readonly MachineCoverage[]): { taken: number; edges: number } {
  const taken = sum(coverage.map((one) => one.taken));
  return { taken, edges: sum(coverage.map((one) => one.edges)) };
}

function table(coverage: readonly MachineCoverage[]): string {
  const rows = coverage.map(({ machine, taken, edges, missing }) => {
    const unexplained = missing.filter(({ reason }) => reason === '').length;
    return `| ${machine} | ${taken} | ${edges} | ${missing.length} | ${unexplained} |`;
  });
  const { taken, edges } = totals(coverage);
  const unexplained = coverage.flatMap((one) => one.missing).filter(({ reason }) => reason === '');
  return [
    '| machine | taken | transitions | gaps | of them without a known reason |',
    '|---|---:|---:|---:|---:|',
    ...rows,
    `| **all** | **${taken}** | **${edges}** | **${edges - taken}** | **${unexplained.length}** |`,
  ].join('\n');
}

const gapRow = ({ from, event, guards, to, reason }: MissingEdge): string => {
  const guard = guards.length === 0 ? '' : ` if ${guards.join(', ')}`;
  const target = to === '' ? 'stays' : `\`${to}\``;
  return `| \`${from}\` | \`${cell(event)}\`${guard} | ${target} | ${cell(reason)} |`;
};

function gaps({ machine, missing }: MachineCoverage): string {
  return [
    `### ${machine}\n`,
    '| from | event | to | reason |',
    '|---|---|---|---|',
    ...missing.map(gapRow),
  ].join('\n');
}

function section(title: string, coverage: readonly MachineCoverage[]): string {
  const open = coverage.filter(({ missing }) => missing.length > 0);
  return [`## ${title}\n`, `${table(coverage)}\n`, ...open.map((one) => `${gaps(one)}\n`)].join(
    '\n',
  );
}

export const summaryLine = (name: string, coverage: readonly MachineCoverage[]): string => {
  const { taken, edges } = totals(coverage);
  return `${name}: ${taken} of ${edges} transitions taken`;
};

export function renderCoverage(measured: Measured): string {
  const { actors, lifecycles, files, passedTests, failedTests } = measured;
  const ran = [
    `${passedTests} tests passed and ${failedTests} failed in the measured run of:\n`,
    ...files.map((file) => `- \`${file}\``),
    '',
  ].join('\n');
  const actorPart = section('Machines of actors', actors);
  const lifecyclePart = section('Lifecycles, run as compiled tables by the BBS', lifecycles);
  return [HEAD, ran, actorPart, lifecyclePart].join('\n');
}
