import { Lane } from './lane.ts';
import { startsOwnRouter, stepsOf } from './load-cases.ts';
import { type BusServer, createBusServer } from './message-bus.ts';
import type { RecordedCase } from './recorded-case.ts';
import { type CaseResult, replayCase, verdictOf } from './replay-case.ts';
import type { RouterUnderTest } from './router-under-test.ts';

/** Cases that may run on one router, one after another. */
interface Work {
  readonly waiting: RecordedCase[];
  lanes: number;
}

const defaultLanes = 8;
const routerStartCostMs = 1_000;
const exchangeCostMs = 200;
/** Above this many failures the router is at fault, not the load of the machine. */
const mostReruns = 40;

function costOf(recorded: RecordedCase): number {
  return stepsOf(recorded).reduce((sum, step) => {
    const noAnswer = step.expected?.note?.startsWith('no answer') === true;
    const waits = (step.ms ?? 0) + (step.waitMs ?? 0) + (step.settleMs ?? 0);
    return sum + waits + exchangeCostMs + (noAnswer ? (step.timeoutMs ?? 3000) : 0);
  }, 0);
}

function planWork(cases: readonly RecordedCase[]): Work[] {
  const shared = new Map<string, Work>();
  const plan: Work[] = [];
  for (const recorded of cases) {
    const key = JSON.stringify(recorded.config ?? {});
    const isAlone = recorded.fresh === true || startsOwnRouter(recorded);
    const known = isAlone ? undefined : shared.get(key);
    if (known !== undefined) {
      known.waiting.push(recorded);
      continue;
    }
    const work = { waiting: [recorded], lanes: 0 };
    plan.push(work);
    if (!isAlone) shared.set(key, work);
  }
  return plan;
}

/** The work that would be the last to end; to join others costs one more start of a router. */
function chooseWork(plan: readonly Work[]): Work | undefined {
  let chosen: Work | undefined;
  let longestMs = 0;
  for (const work of plan) {
    const costMs = work.waiting.reduce((sum, recorded) => sum + costOf(recorded), 0);
    if (costMs === 0) continue;
    const joinCostMs = work.lanes === 0 ? -routerStartCostMs : routerStartCostMs;
    const remainingMs = costMs / (work.lanes + 1) - joinCostMs;
    if (remainingMs <= longestMs) continue;
    chosen = work;
    longestMs = remainingMs;
  }
  return chosen;
}

export interface ReplayOptions {
  readonly underTest: RouterUnderTest;
  readonly lanes?: number;
  /** Where the message bus of a lane comes from. */
  readonly createBus?: () => Promise<BusServer>;
  /** Run cases that failed once more, alone, to tell a busy machine from a fault. */
  readonly rerun?: boolean;
  readonly onResult?: (result: CaseResult) => void;
}

async function runPlan(
  plan: readonly Work[],
  laneCount: number,
  options: ReplayOptions,
  onResult: (result: CaseResult) => void,
): Promise<void> {
  const { underTest, createBus = createBusServer } = options;
  const runLane = async (): Promise<void> => {
    const lane = new Lane(await createBus(), underTest);
    try {
      await lane.open();
      for (let work = chooseWork(plan); work !== undefined; work = chooseWork(plan)) {
        work.lanes += 1;
        for (let next = work.waiting.shift(); next !== undefined; next = work.waiting.shift()) {
          onResult(await replayCase(next, lane));
        }
        work.lanes -= 1;
        await lane.retireRouter();
      }
    } finally {
      await lane.close();
    }
  };
  const caseCount = plan.reduce((sum, work) => sum + work.waiting.length, 0);
  await Promise.all(Array.from({ length: Math.min(laneCount, caseCount) }, runLane));
}

export async function replayAll(
  cases: readonly RecordedCase[],
  options: ReplayOptions,
): Promise<CaseResult[]> {
  const { lanes = defaultLanes, rerun = true, onResult = () => undefined } = options;
  const results = new Map<string, CaseResult>();
  const failed: CaseResult[] = [];
  await runPlan(planWork(cases), lanes, options, (result) => {
    results.set(result.recorded.id, result);
    if (verdictOf(result) === 'different') failed.push(result);
    else onResult(result);
  });
  const isWorthRerun = rerun && failed.length > 0 && failed.length <= mostReruns;
  if (!isWorthRerun) {
    for (const result of failed) onResult(result);
  } else {
    const again = planWork(failed.map((result) => result.recorded));
    await runPlan(again, 1, options, (second) => {
      const hasPassed = verdictOf(second) !== 'different';
      const result = { ...second, wasUnsteady: hasPassed };
      results.set(result.recorded.id, result);
      onResult(result);
    });
  }
  return cases.flatMap((recorded) => results.get(recorded.id) ?? []);
}
