import type { JsonObject } from '../../golden/diego/message-json.ts';
import { compareCalls, compareEvents, compareRecords } from './compare-lines.ts';
import { asObject, renderRows, renderTasks } from './render-records.ts';
import { type Records, Scene, type StartServer } from './scene.ts';
import {
  commandsOf,
  type EventStreamName,
  type Expectation,
  expectationOf,
  type Generation,
  type TransitionRow,
} from './transition-row.ts';

/** What a request brought about, in the words of the tables. */
export interface Outcome {
  readonly answer: JsonObject;
  readonly before: Records;
  readonly after: Records;
  readonly events: ReadonlyMap<EventStreamName, readonly string[]>;
  readonly auctions: readonly string[];
  readonly rep: readonly string[];
}

function compareAnswer(expected: Expectation, answer: JsonObject): string[] {
  const error = asObject(answer['error']);
  const came = {
    error: error['type'] ?? (answer['error'] === undefined ? 'none' : 'UnknownError'),
    keep_container: answer['keep_container'] ?? false,
    should_start: answer['should_start'] ?? false,
    ...(expected.message === undefined ? {} : { message: error['message'] ?? '' }),
  };
  const wanted = {
    error: expected.error ?? 'none',
    keep_container: expected.keep_container ?? false,
    should_start: expected.should_start ?? false,
    ...(expected.message === undefined ? {} : { message: expected.message }),
  };
  const [one, other] = [JSON.stringify(wanted), JSON.stringify(came)];
  const rest = Object.keys(answer).filter((name) => !(name in came));
  if (one === other && rest.length === 0) return [];
  return [`answer\n  expected ${one}\n  came     ${JSON.stringify(answer)}`];
}

function compareState(expected: Expectation, { before, after }: Outcome): string[] {
  const isSame = (one: unknown, other: unknown): boolean =>
    JSON.stringify(one) === JSON.stringify(other);
  const rows = renderRows(after.rows, before.rows);
  const tasks = renderTasks(after.tasks, before.tasks);
  const unchanged = (what: string, lines: readonly string[]): string[] => [
    `${what}\n  expected no change\n  came\n    ${lines.join('\n    ') || 'none'}`,
  ];
  return [
    ...(expected.rows !== undefined
      ? compareRecords('rows', expected.rows, rows)
      : isSame(before.rows, after.rows)
        ? []
        : unchanged('rows', rows)),
    ...(expected.tasks !== undefined
      ? compareRecords('tasks', expected.tasks, tasks)
      : isSame(before.tasks, after.tasks)
        ? []
        : unchanged('tasks', tasks)),
  ];
}

/** Problems for people; empty when everything is as the table says. */
export function compareOutcome(expected: Expectation, outcome: Outcome): string[] {
  const { events = {}, unordered = false, auctions = [], rep = [] } = expected;
  return [
    ...compareAnswer(expected, outcome.answer),
    ...compareState(expected, outcome),
    ...[...outcome.events].flatMap(([name, came]) =>
      compareEvents(`events of the ${name} stream`, events[name] ?? [], came, unordered),
    ),
    ...compareCalls('auctions', auctions, outcome.auctions),
    ...compareCalls('calls to cells', rep, outcome.rep),
  ];
}

const countOf = (
  { events = {}, auctions = [], rep = [] }: Expectation,
  generation: Generation,
): { readonly events: number; readonly calls: number } => {
  const streams = Object.entries(events).filter(
    ([name]) => (name === 'stream') === (generation === '2015'),
  );
  const count = streams.reduce((sum, [, lines]) => sum + lines.length, 0);
  return { events: count, calls: auctions.length + rep.length };
};

async function prepare(scene: Scene, given: readonly string[]): Promise<void> {
  for (const command of commandsOf(given)) {
    const isErrorRight = command.startsWith('!');
    const answer = await scene.run(isErrorRight ? command.slice(1) : command);
    if ((answer['error'] !== undefined) !== isErrorRight || 'status' in answer) {
      throw new Error(`given ${command} → ${JSON.stringify(answer)}`);
    }
  }
  await scene.settle(0, 0);
  scene.takeEvents();
  scene.takeCalls();
}

/** Plays one row on a fresh server of its generation. */
export async function playRow(
  row: TransitionRow,
  generation: Generation,
  startServer: StartServer,
): Promise<string[]> {
  const expected = expectationOf(row);
  const scene = await Scene.open(generation, startServer);
  try {
    await prepare(scene, row.given);
    const before = await scene.records();
    const answer = await scene.run(row.request);
    const after = await scene.records();
    const counts = countOf(expected, generation);
    await scene.settle(counts.events, counts.calls);
    const outcome = { answer, before, after, events: scene.takeEvents(), ...scene.takeCalls() };
    return compareOutcome(expected, outcome);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    await scene.close();
  }
}
