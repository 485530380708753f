/** A cell whose containers and BBS are played by the test. */
import { createRealClock } from '../../../src/adapters/clock/real-clock.ts';
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import { createSystemRandom } from '../../../src/adapters/random/system-random.ts';
import type { CellOptions } from '../../../src/cell/options.ts';
import type { BbsCalls, Outcome } from '../../../src/cell/rep/bbs-calls.ts';
import { createRepWork } from '../../../src/cell/rep/rep-work.ts';
import type { CellState } from '../../../src/cell/state.ts';
import type { ErrorType } from '../../../src/model/bbs/errors.ts';
import { Action, RunAction } from '../../../src/model/bbs/messages/actions.ts';
import { DesiredLRP } from '../../../src/model/bbs/messages/desired-lrp.ts';
import { Task, TaskDefinition } from '../../../src/model/bbs/messages/tasks.ts';
import { CELL_TEST_OPTIONS } from '../support/cell-options.ts';
import { FakeExecutor } from './fake-executor.ts';

export type Answers = Readonly<Record<string, ErrorType | 'Unreachable' | object>>;

/** A BBS that answers as the case says, and notes what it is told. */
function fakeCalls(answers: Answers, told: string[]): BbsCalls {
  const action = Action.create({ run_action: RunAction.create({ path: '/bin/true' }) });
  const defaults: Readonly<Record<string, object>> = {
    desired: { desired_lrp: DesiredLRP.create({ process_guid: 'pg', action }) },
    task: {
      task: Task.create({
        task_guid: 'guid',
        task_definition: TaskDefinition.create({ action, result_file: '/out' }),
      }),
    },
    startTask: { should_start: true },
    evacuateRunning: { keep_container: true },
  };
  const handler = {
    get:
      (_target: object, name: string) =>
      (_own: unknown, ...words: unknown[]): Promise<Outcome<object>> => {
        const texts = words.filter((word) => typeof word !== 'object');
        told.push([name, ...texts].join(' ').trim());
        const answer = answers[name] ?? defaults[name] ?? {};
        if (typeof answer === 'object') return Promise.resolve({ ok: true, value: answer });
        return Promise.resolve({ ok: false, error: { type: answer, message: 'no' } });
      },
  };
  return new Proxy({}, handler) as BbsCalls;
}

export interface Scene {
  readonly state: CellState;
  readonly executor: FakeExecutor;
  readonly told: string[];
}

export function scene(
  answers: Answers,
  isEvacuating: boolean,
  options: Partial<CellOptions> = {},
): Scene {
  const executor = new FakeExecutor();
  const told: string[] = [];
  const state: CellState = {
    options: { ...CELL_TEST_OPTIONS, ...options },
    ports: {
      clock: createRealClock(),
      random: createSystemRandom(),
      log: createMemoryLog().log,
      tell: (name, { type }) => {
        told.push(`${name}!${type}`);
        return true;
      },
    },
    executor,
    calls: fakeCalls(answers, told),
    news: new Map(),
    handedOver: new Set(),
    resultFiles: new Map([['guid', '/out']]),
    work: createRepWork({ workers: 1, capacity: 10, onFault: () => {} }),
    boundPort: undefined,
    isEvacuating,
    isStopping: false,
  };
  return { state, executor, told };
}
