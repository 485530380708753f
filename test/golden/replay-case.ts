import { compareOutcome } from './compare.ts';
import { deviations, matchesDeviation } from './deviations.ts';
import type { Difference } from './difference.ts';
import type { Lane } from './lane.ts';
import { startsOwnRouter, stepsOf } from './load-cases.ts';
import { TemplateMatcher } from './match-template.ts';
import { pause } from './pause.ts';
import type { Outcome, RecordedCase, RouterLogLine } from './recorded-case.ts';
import { stepRunners } from './run-step.ts';
import { Scene } from './scene.ts';

interface StepDifference extends Difference {
  /** Number of the step; absent in a case that is a single exchange. */
  readonly step?: number;
  /** Positions in `deviations` of the entries that explain it. */
  readonly explainedBy: readonly number[];
}

interface LogDifference {
  readonly step?: number;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

export interface CaseResult {
  readonly recorded: RecordedCase;
  readonly differences: readonly StepDifference[];
  /** The softer score: names and levels of the router's own log lines. */
  readonly log: { readonly compared: number; readonly differences: readonly LogDifference[] };
  /** What came out of each step, for people. */
  readonly outcomes: readonly Outcome[];
  readonly durationMs: number;
  /** It failed at first and passed when it was run again with nothing else going on. */
  readonly wasUnsteady: boolean;
}

export type Verdict = 'equal' | 'explained' | 'varies' | 'different';

export function verdictOf(result: CaseResult): Verdict {
  if (result.differences.length === 0) return 'equal';
  if (result.differences.every((difference) => difference.explainedBy.length > 0)) {
    return 'explained';
  }
  return result.recorded.varies === true ? 'varies' : 'different';
}

/** Groups in which the messages of the router's log are part of what people rely on. */
const logGroups = new Set(['register', 'unregister', 'prune', 'nats']);

class CaseReplay {
  readonly #recorded: RecordedCase;
  readonly #scene: Scene;
  readonly #matcher: TemplateMatcher;
  readonly differences: StepDifference[] = [];
  readonly logDifferences: LogDifference[] = [];
  readonly outcomes: Outcome[] = [];
  logsCompared = 0;

  constructor(recorded: RecordedCase, lane: Lane) {
    this.#recorded = recorded;
    this.#scene = new Scene(recorded, lane);
    this.#matcher = new TemplateMatcher(this.#scene.values);
  }

  async run(): Promise<void> {
    const scene = this.#scene;
    try {
      await scene.open();
      if (!startsOwnRouter(this.#recorded)) {
        await scene.lane.useRouter(this.#recorded, scene.values);
        scene.takeRouter(false);
      }
      const { register = [], registerLog } = this.#recorded;
      if (register.length > 0) await scene.publish(register);
      if (registerLog !== undefined) await this.#compareLog(registerLog, undefined);
      for (const [position, step] of stepsOf(this.#recorded).entries()) {
        const run = stepRunners[step.do];
        if (run === undefined) throw new Error(`unknown step ${step.do}`);
        const outcome = await run(scene, step);
        if (step.settleMs !== undefined) await pause(step.settleMs);
        const number = this.#recorded.steps === undefined ? undefined : position;
        this.outcomes.push(outcome);
        if (step.expected === undefined) continue;
        this.#note(compareOutcome(step.expected, outcome, this.#matcher), number);
        await this.#compareLog(step.expected.routerLog, number);
        if (step.expected.accessLog === undefined) await scene.takeAccessLog(0);
      }
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      scene.lane.retireAfterCase();
      this.#note(
        [{ field: 'replay', expected: 'a whole replay', actual: text.slice(0, 1500) }],
        undefined,
      );
    }
    await scene.close();
  }

  #note(differences: readonly Difference[], step: number | undefined): void {
    for (const difference of differences) {
      const explainedBy = [...deviations.keys()].filter((at) => {
        const deviation = deviations[at];
        return deviation !== undefined && matchesDeviation(deviation, this.#recorded, difference);
      });
      this.differences.push({
        ...difference,
        ...(step === undefined ? {} : { step }),
        explainedBy,
      });
    }
  }

  async #compareLog(
    expected: readonly RouterLogLine[] | undefined,
    step: number | undefined,
  ): Promise<void> {
    const isScored = expected !== undefined && logGroups.has(this.#recorded.group);
    const found = await this.#scene.takeRouterLog(isScored ? expected : undefined);
    if (!isScored) return;
    this.logsCompared += 1;
    const names = (lines: readonly RouterLogLine[]): string[] =>
      lines.map((line) => `${line.level} ${line.message}`);
    const [wanted, seen] = [names(expected), names(found)];
    if (wanted.join('\n') === seen.join('\n')) return;
    this.logDifferences.push({
      ...(step === undefined ? {} : { step }),
      expected: wanted,
      actual: seen,
    });
  }
}

export async function replayCase(recorded: RecordedCase, lane: Lane): Promise<CaseResult> {
  const startedAtMs = performance.now();
  const replay = new CaseReplay(recorded, lane);
  await replay.run();
  return {
    recorded,
    differences: replay.differences,
    log: { compared: replay.logsCompared, differences: replay.logDifferences },
    outcomes: replay.outcomes,
    durationMs: performance.now() - startedAtMs,
    wasUnsteady: false,
  };
}
