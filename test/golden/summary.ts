import { type Deviation, deviations } from './deviations.ts';
import { type CaseResult, verdictOf } from './replay-case.ts';

interface GroupSummary {
  readonly group: string;
  readonly equal: number;
  readonly explained: number;
  readonly varies: number;
  readonly different: number;
  readonly unsteady: number;
  readonly logsEqual: number;
  readonly logsCompared: number;
  readonly total: number;
}

function countGroup(group: string, results: readonly CaseResult[]): GroupSummary {
  const having = (verdict: string): number =>
    results.filter((result) => verdictOf(result) === verdict).length;
  const logsCompared = results.reduce((sum, result) => sum + result.log.compared, 0);
  const logsDifferent = results.reduce((sum, result) => sum + result.log.differences.length, 0);
  return {
    group,
    equal: having('equal'),
    explained: having('explained'),
    varies: having('varies'),
    different: having('different'),
    unsteady: results.filter((result) => result.wasUnsteady).length,
    logsEqual: logsCompared - logsDifferent,
    logsCompared,
    total: results.length,
  };
}

function summarize(results: readonly CaseResult[]): GroupSummary[] {
  const groups = Map.groupBy(results, (result) => result.recorded.group);
  const rows = [...groups].map(([group, members]) => countGroup(group, members));
  return [...rows, countGroup('all', results)];
}

export function summaryTable(results: readonly CaseResult[]): string {
  const header = ['group', 'equal', 'explained', 'varies', 'DIFFERENT', 'unsteady', 'log', 'total'];
  const rows = summarize(results).map((row) => [
    row.group,
    `${row.equal}`,
    `${row.explained}`,
    `${row.varies}`,
    `${row.different}`,
    `${row.unsteady}`,
    row.logsCompared === 0 ? '-' : `${row.logsEqual}/${row.logsCompared}`,
    `${row.total}`,
  ]);
  return [header, ...rows]
    .map(([name = '', ...cells]) =>
      [name.padEnd(18), ...cells.map((cell) => cell.padStart(10))].join(' '),
    )
    .join('\n');
}

/** Entries that explained nothing in a run over all cases. */
export function staleDeviations(results: readonly CaseResult[]): Deviation[] {
  const used = new Set(
    results.flatMap((result) => result.differences.flatMap(({ explainedBy }) => explainedBy)),
  );
  return deviations.filter(
    ({ isOccasional }, position) => isOccasional !== true && !used.has(position),
  );
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value, null, 1);
}

/** The differences of one case, made for reading. */
export function describeResult(result: CaseResult, withLog = false): string {
  const { recorded, differences, log } = result;
  const lines = [`${recorded.id} ${recorded.title}: ${verdictOf(result)}`];
  for (const difference of differences) {
    const step = difference.step === undefined ? '' : `steps[${difference.step}].`;
    const [first] = difference.explainedBy;
    const reason = first === undefined ? '' : `  [explained: ${deviations[first]?.reason ?? ''}]`;
    lines.push(`  ${step}${difference.field}${reason}`);
    lines.push(`    recorded ${show(difference.expected)}`);
    lines.push(`    came     ${show(difference.actual)}`);
  }
  for (const difference of withLog ? log.differences : []) {
    const step =
      difference.step === undefined ? 'registerLog' : `steps[${difference.step}].routerLog`;
    lines.push(`  log only: ${step}`);
    lines.push(`    recorded ${difference.expected.join(' | ')}`);
    lines.push(`    came     ${difference.actual.join(' | ')}`);
  }
  return lines.join('\n');
}
