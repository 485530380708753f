import { type Deviation, deviations, textOf } from './deviations.ts';
import { type FoundDifference, type HistoryResult, verdictOf } from './replay-history.ts';

const longestValue = 160;
const groupsShown = 20;

function short(value: unknown): string {
  const text = value === '' ? 'nothing' : textOf(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}

/** One difference on two lines at most. */
export function lineOf(difference: FoundDifference): string {
  const { history, step, command, path, expected, actual, explainedBy } = difference;
  const head = `${history} step ${step} ${command}: ${path}`;
  const mark = explainedBy === undefined ? '' : ' (explained)';
  return `${head}${mark}\n    recorded ${short(expected)} | came ${short(actual)}`;
}

/** The kind of a difference: what it has in common with others of the same cause. */
function kindOf({ command, path, expected, actual }: FoundDifference): string {
  const place = path.replace(/\{[^}]*\}/g, '{}');
  const isState = /^(reply|events|rows\{[^}]*\}\.state)/.test(path);
  const values = isState ? `  ${brief(expected)} → ${brief(actual)}` : '';
  return `${command} ${place}${values}`;
}

const brief = (value: unknown): string =>
  short(value)
    .replace(/\d{6,}/g, '#')
    .slice(0, 90);

const firstUnexplained = (result: HistoryResult): FoundDifference | undefined =>
  result.differences.find(({ explainedBy }) => explainedBy === undefined);

export function totalsOf(file: string, results: readonly HistoryResult[]): string {
  const count = (verdict: string): number =>
    results.filter((result) => verdictOf(result) === verdict).length;
  const steps = results.reduce((sum, result) => sum + result.steps, 0);
  const allSteps = results.reduce((sum, result) => sum + result.allSteps, 0);
  return (
    `${file}: ${count('equal')} equal / ${count('explained')} explained / ` +
    `${results.length} total, ${count('different')} different; ${steps} of ${allSteps} steps`
  );
}

/** First differences of the failing histories, those of one kind counted together. */
export function reportOf(results: readonly HistoryResult[]): string {
  const firsts = results.map(firstUnexplained).filter((first) => first !== undefined);
  const groups = [...Map.groupBy(firsts, kindOf)].sort(
    ([, left], [, right]) => right.length - left.length,
  );
  const lines = groups.slice(0, groupsShown).map(([kind, members]) => {
    const [first] = members;
    const others = members.slice(1, 4).map(({ history, step }) => `${history}:${step}`);
    const more = others.length === 0 ? '' : `  also ${others.join(' ')}`;
    return `${members.length}× ${kind}\n  ${first === undefined ? '' : lineOf(first)}${more}`;
  });
  if (groups.length > groupsShown) lines.push(`… and ${groups.length - groupsShown} more kinds`);
  return lines.join('\n');
}

/** How often each reason explained a difference. */
export function reasonsOf(results: readonly HistoryResult[]): string {
  const all = results.flatMap(({ differences }) => differences);
  const explained = all.flatMap(({ explainedBy }) => explainedBy ?? []);
  return [...Map.groupBy(explained, ({ reason }) => reason)]
    .map(([reason, entries]) => `explained ${entries.length}×: ${reason}`)
    .join('\n');
}

/** Entries that explained nothing in a run over everything. */
export function staleDeviations(results: readonly HistoryResult[]): readonly Deviation[] {
  const differences = results.flatMap((result) => result.differences);
  const used = new Set(differences.map(({ explainedBy }) => explainedBy));
  return deviations.filter((entry) => !used.has(entry));
}
