import { compareStream } from './compare-events.ts';
import { compareUnordered, compareValues, type Difference } from './compare-values.ts';
import type { LastTimes } from './last-times.ts';
import { isJsonObject, type Json, type JsonObject } from './message-json.ts';
import {
  nameOfDesired,
  nameOfRow,
  nameOfTask,
  type Observation,
  type RecordedStep,
  STREAMS,
} from './recorded-history.ts';
import type { Symbols } from './symbols.ts';

/** Differences of the stored state end a history: what follows starts from another state. */
const STATE = /^(rows|desired|tasks|domains)\b/;
export const isOfState = ({ path }: Difference): boolean => STATE.test(path);

const isOfEvents = ({ path }: Difference): boolean => path.startsWith('events.');

function compareRecords(
  kind: string,
  expected: readonly JsonObject[],
  actual: readonly JsonObject[],
  nameOf: (record: JsonObject) => string,
  symbols: Symbols,
): Difference[] {
  const rest = new Map(actual.map((record) => [nameOf(record), record]));
  const differences: Difference[] = [];
  for (const record of expected) {
    const name = nameOf(record);
    differences.push(...compareValues(record, rest.get(name), symbols, `${kind}{${name}}`));
    rest.delete(name);
  }
  for (const [name, record] of rest) {
    differences.push({ path: `${kind}{${name}}`, expected: undefined, actual: record });
  }
  if (differences.length === 0 && expected.length !== actual.length) {
    differences.push({ path: kind, expected: expected.length, actual: actual.length });
  }
  return differences;
}

function withSortedIndices(auction: JsonObject): JsonObject {
  const { item } = auction;
  if (!isJsonObject(item) || !Array.isArray(item['indices'])) return auction;
  const indices = (item['indices'] as number[]).toSorted((left, right) => left - right);
  return { ...auction, item: { ...item, indices } };
}

const asJson = (values: readonly JsonObject[] | undefined): readonly Json[] => values ?? [];

function compareAll(recorded: RecordedStep, seen: Observation, symbols: Symbols): Difference[] {
  const { rows, desired, tasks, domains, auctions, rep, callbacks } = recorded;
  const differences = [
    ...compareValues(recorded.reply, seen.reply, symbols, 'reply'),
    ...compareRecords('rows', rows, seen.rows, nameOfRow, symbols),
    ...compareRecords('desired', desired, seen.desired, nameOfDesired, symbols),
    ...compareRecords('tasks', tasks, seen.tasks, nameOfTask, symbols),
  ];
  if (domains !== undefined) {
    differences.push(...compareValues(domains, seen.domains, symbols, 'domains'));
  }
  for (const stream of STREAMS) {
    const sequences = recorded.events[stream] ?? [];
    const path = `events.${stream}`;
    differences.push(...compareStream(sequences, seen.events[stream], symbols, path));
  }
  differences.push(
    ...compareUnordered(auctions, seen.auctions.map(withSortedIndices), symbols, 'auctions'),
    ...compareUnordered(asJson(rep), asJson(seen.rep), symbols, 'rep'),
    ...compareValues(asJson(callbacks), asJson(seen.callbacks), symbols, 'callbacks'),
  );
  const ignored = recorded.nondeterministic ?? [];
  return differences.filter(({ path }) => !ignored.includes(/^\w+/.exec(path)?.[0] ?? ''));
}

export interface StepResult {
  readonly differences: readonly Difference[];
  /** The original went either way here, or its workers raced: the history ends. */
  readonly isEnd: boolean;
}

/** Compares what a step brought about with the recording (data/README.md §3). */
export function compareStep(
  recorded: RecordedStep,
  seen: Observation,
  symbols: Symbols,
  lastTimes: LastTimes,
): StepResult {
  const mark = symbols.mark();
  const differences = compareAll(recorded, seen, symbols);
  if (recorded.row_order_dependent === true && !differences.every(isOfEvents)) {
    symbols.rollBack(mark);
    const { alternative } = recorded;
    const other = { ...recorded, ...alternative } as RecordedStep;
    const remaining = alternative === undefined ? [] : compareAll(other, seen, symbols);
    return { differences: remaining, isEnd: true };
  }
  const times = [
    ...recorded.rows.map((row) => lastTimes.compare(`rows{${nameOfRow(row)}}`, row, symbols)),
    ...recorded.tasks.map((task) => lastTimes.compare(`tasks{${nameOfTask(task)}}`, task, symbols)),
  ];
  return {
    differences: [...differences, ...times.flat()],
    isEnd: recorded.nondeterministic?.includes('rows') === true,
  };
}
