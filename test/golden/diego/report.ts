import { type Deviation, deviations, textOf } from './deviations.ts';
import { type FoundDifference, type HistoryResult, verdictOf } from './replay-history.ts';

const longestValue = 160;
const groupsShown = 20;

function short(value: unknown): string {
  const text = value === '' ? 'nothing' : textOf(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}

/** Long texts are shown from a little before the place where they part. */
function shortPair(expected: unknown, actual: unknown): readonly [string, string] {
  const [left, right] = [textOf(expected), textOf(actual)];
  let same = 0;
  while (same < left.length && left[same] === right[same]) same += 1;
  const start = same < longestValue / 2 ? 0 : same - 20;
  const mark = start === 0 ? '' : `(${start} the same)…`;
  const cut = (text: string): string => `${mark}${short(text.slice(start))}`;
  return [cut(left), cut(right)];
}

/** One difference on two lines at most. */
export function lineOf(difference: FoundDifference): string {
  const { history, step, command, path, expected, actual, explainedBy } = difference;
  const head = `${history} step ${step} ${command}: ${path}`;
  const mark = explainedBy === undefined ? '' : ' (explained)';
  const [recorded, came] = shortPair(expected, actual);
  return `${head}${mark}\n    recorded ${recorded} | came ${came}`;
}

/** The kind of a difference: what it has in common with others of the same cause. */
function kindOf({ command, path, expected, actual }: FoundDifference): string {
  const place = path.replace(/\{[^}]*\}/g, '{}').replace(/\[\d+ /g, '[');
  const values = `${brief(expected)} → ${brief(actual)}`;
  return `${command} ${place}  ${values}`;
}

/** Without the names and numbers of one history. */
const brief = (value: unknown): string =>
  (typeof value === 'object' && value !== null ? '{…}' : short(value))
    .replace(/[hc]\d{4}-[pti]\d+/g, '#')
    .replace(/\b[te]\d+( = \S+)?/g, '#')
    .replace(/\b(epoch-)?[0-9a-f]{8}-[0-9a-f-]{27}\b|\d{6,}/g, '#')
    .slice(0, 90);

const unexplained = ({ differences }: HistoryResult): FoundDifference[] =>
  differences.filter(({ explainedBy }) => explainedBy === undefined);

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

/**
 * Unexplained differences, those of one kind counted together: in how many histories, and in how
 * many of them as the first. Kinds that come first stand first: they may cause the others.
 */
export function reportOf(results: readonly HistoryResult[]): string {
  const firsts = new Set(results.flatMap((result) => unexplained(result).slice(0, 1)));
  const inHistories = (list: readonly FoundDifference[]): number =>
    new Set(list.map(({ history }) => history)).size;
  const groups = [...Map.groupBy(results.flatMap(unexplained), kindOf)]
    .map(([kind, members]) => {
      const first = members.filter((member) => firsts.has(member));
      return { kind, members, example: first[0] ?? members[0], first: first.length };
    })
    .sort((left, right) => right.first - left.first || right.members.length - left.members.length);
  const lines = groups.slice(0, groupsShown).map(({ kind, members, example, first }) => {
    const others = members.filter((member) => member !== example).slice(0, 3);
    const also = others.map(({ history, step }) => `  ${history}:${step}`).join('');
    const head = `${inHistories(members)}× (first ${first}×) ${kind}`;
    return `${head}\n  ${example === undefined ? '' : lineOf(example)}${also}`;
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
