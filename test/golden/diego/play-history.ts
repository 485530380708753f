import { alternativeOf, type Before, compareStep, indicesWithSharedKey } from './compare-step.ts';
import { deviations, matchesDeviation } from './deviations.ts';
import type { Difference } from './difference.ts';
import type { Command, Observation, RecordedHistory, RecordedStep } from './recorded-history.ts';
import { Scene } from './scene.ts';
import type { StartServer } from './server-under-test.ts';

const none: readonly never[] = [];

export interface StepDifference extends Difference {
  readonly step: number;
  readonly command: string;
  /** Positions in `deviations` of the entries that explain it. */
  readonly explainedBy: readonly number[];
}

export interface HistoryResult {
  readonly history: RecordedHistory;
  readonly differences: readonly StepDifference[];
  readonly stepsCompared: number;
  /** Why the steps after `stepsCompared` were not compared. */
  readonly endedBecause?: 'different' | 'row order' | 'nondeterministic' | 'deviation';
  /** The last step, for people. */
  readonly last?: { readonly recorded: RecordedStep; readonly observed: Observation };
}

export type Verdict = 'equal' | 'explained' | 'different';

export function verdictOf({ differences }: HistoryResult): Verdict {
  if (differences.length === 0) return 'equal';
  return differences.every(({ explainedBy }) => explainedBy.length > 0) ? 'explained' : 'different';
}

/** `/v1/tasks/start`, `advance 31 s`, `release_cell cell-a`. */
export function nameOfCommand(command: Command): string {
  switch (command.op) {
    case 'rpc':
      return command.path;
    case 'advance':
      return `advance ${command.seconds} s`;
    case 'converge':
      return 'converge';
    default:
      return `${command.op} ${command.cell_id}`;
  }
}

function explain(
  history: RecordedHistory,
  recorded: RecordedStep,
  previous: RecordedStep | undefined,
  differences: readonly Difference[],
): StepDifference[] {
  const shared = new Set([
    ...indicesWithSharedKey(previous?.rows ?? none),
    ...indicesWithSharedKey(recorded.rows),
  ]);
  const command = nameOfCommand(recorded.cmd);
  return differences.map((difference) => {
    const index = /\[([^\]]*)\]/.exec(difference.field)?.[1] ?? '';
    const scene = { id: history.id, command, sharesInstanceKey: shared.has(index) };
    const explainedBy = deviations.flatMap((deviation, position) =>
      matchesDeviation(deviation, scene, difference) ? [position] : [],
    );
    return { ...difference, step: recorded.n, command, explainedBy };
  });
}

type End = NonNullable<HistoryResult['endedBecause']>;

/** Whether what follows a step can still be compared. */
function endAfter(recorded: RecordedStep, differences: readonly StepDifference[]): End | undefined {
  const explaining = differences.flatMap(({ explainedBy }) => explainedBy);
  if (differences.some(({ explainedBy }) => explainedBy.length === 0)) return 'different';
  if (explaining.some((position) => deviations[position]?.endsHistory === true)) return 'deviation';
  return recorded.nondeterministic?.includes('rows') === true ? 'nondeterministic' : undefined;
}

/** Where the order of the original's rows decides, both outcomes are right and end the history. */
function isOtherRowOrder(
  recorded: RecordedStep,
  observed: Observation,
  before: Before,
  scene: Scene,
): boolean {
  if (recorded.row_order_dependent !== true) return false;
  const { symbols } = scene.meaning;
  const mark = symbols.mark();
  const isAsRecorded = compareStep(recorded, observed, before, scene.meaning).length === 0;
  symbols.rollBack(mark);
  if (isAsRecorded) return false;
  const alternative = alternativeOf(recorded);
  if (alternative === undefined) return true;
  const isAlternative = compareStep(alternative, observed, before, scene.meaning).length === 0;
  symbols.rollBack(mark);
  return isAlternative;
}

async function playSteps(history: RecordedHistory, scene: Scene): Promise<HistoryResult> {
  const differences: StepDifference[] = [];
  let last: { readonly recorded: RecordedStep; readonly observed: Observation } | undefined;
  for (const [position, recorded] of history.steps.entries()) {
    const reply = await scene.run(recorded.cmd);
    const observed = await scene.observe(recorded, reply);
    const before = last?.observed ?? { rows: none, tasks: none };
    const previous = last?.recorded;
    last = { recorded, observed };
    if (isOtherRowOrder(recorded, observed, before, scene)) {
      const endedBecause = 'row order';
      return { history, differences, stepsCompared: position, endedBecause, last };
    }
    const found = compareStep(recorded, observed, before, scene.meaning);
    const explained = explain(history, recorded, previous, found);
    differences.push(...explained);
    const endedBecause = endAfter(recorded, explained);
    if (endedBecause === undefined) continue;
    return { history, differences, stepsCompared: position + 1, endedBecause, last };
  }
  const actual = await scene.leftOver();
  const step = history.steps.length;
  if (actual !== '') {
    const late = { field: 'afterwards', expected: 'nothing', actual, command: 'none', step };
    differences.push({ ...late, explainedBy: [] });
  }
  return { history, differences, stepsCompared: step };
}

/**
 * Plays a history on a fresh server, up to its end or to the first step with a difference that
 * no deviation explains. A server that fails to answer is a difference, too.
 */
export async function playHistory(
  history: RecordedHistory,
  startServer: StartServer,
): Promise<HistoryResult> {
  const scene = await Scene.open(history, startServer);
  try {
    return await playSteps(history, scene);
  } catch (error) {
    const step = scene.stepsRun - 1;
    const cmd = history.steps[step]?.cmd;
    const command = cmd === undefined ? 'none' : nameOfCommand(cmd);
    const failure = { field: 'run', expected: 'an answer', actual: String(error), command, step };
    const differences = [{ ...failure, explainedBy: [] }];
    return { history, differences, stepsCompared: step, endedBecause: 'different' };
  } finally {
    await scene.close();
  }
}
