import { compareStream } from './compare-events.ts';
import { compareJson, compareMultiset, compareNamed, type Meaning } from './compare-json.ts';
import { type Difference, Differences } from './difference.ts';
import { type Json, type JsonObject, withAlways } from './message-json.ts';
import { responseTypeOf, typeNamed } from './message-types.ts';
import {
  nameOfDesired,
  nameOfRow,
  nameOfTask,
  type Observation,
  type RecordedStep,
  STREAMS,
} from './recorded-history.ts';

const ROW = typeNamed('ActualLRP');
const SCHEDULING_INFO = typeNamed('DesiredLRPSchedulingInfo');
const TASK = typeNamed('Task');

/** The rows, or other named records, of the step before: of them, times may only grow. */
export type Before = Pick<Observation, 'rows' | 'tasks'>;

const TIMES = ['since', 'created_at', 'updated_at', 'first_completed_at'] as const;

/**
 * A time symbol that is new in a field of a record means that the time is newer than before.
 * `isNew` says of a symbol whether this step was the first to show it.
 */
function compareTimes(
  field: string,
  expected: readonly JsonObject[],
  actual: readonly JsonObject[],
  before: readonly JsonObject[],
  nameOf: (item: JsonObject) => string,
  isNew: (symbol: Json | undefined) => boolean,
  differences: Differences,
): void {
  const old = new Map(before.map((item) => [nameOf(item), item]));
  const came = new Map(actual.map((item) => [nameOf(item), item]));
  for (const item of expected) {
    const name = nameOf(item);
    for (const time of TIMES) {
      const was = old.get(name)?.[time];
      const is = came.get(name)?.[time];
      if (!isNew(item[time]) || typeof was !== 'string' || typeof is !== 'string') continue;
      if (BigInt(is) <= BigInt(was)) {
        differences.add(`${field}[${name}].${time}`, `newer than ${was}`, is);
      }
    }
  }
}

function compareRecords(
  recorded: Pick<RecordedStep, 'rows' | 'desired' | 'tasks' | 'nondeterministic'>,
  observed: Observation,
  before: Before,
  meaning: Meaning,
  differences: Differences,
): void {
  const { symbols } = meaning;
  const known = new Set(symbols.names());
  const isNew = (symbol: Json | undefined): boolean =>
    typeof symbol === 'string' && /^t\d+$/.test(symbol) && !known.has(symbol);
  const rows = recorded.rows.map((row) => withAlways(ROW, row));
  const desired = recorded.desired.map((info) => withAlways(SCHEDULING_INFO, info));
  const tasks = recorded.tasks.map((task) => withAlways(TASK, task));
  const isCompared = (name: string): boolean => recorded.nondeterministic?.includes(name) !== true;
  if (isCompared('rows')) {
    compareNamed('rows', rows, observed.rows, nameOfRow, meaning, differences);
    compareTimes('rows', rows, observed.rows, before.rows, nameOfRow, isNew, differences);
  }
  if (isCompared('desired')) {
    compareNamed('desired', desired, observed.desired, nameOfDesired, meaning, differences);
  }
  if (isCompared('tasks')) {
    compareNamed('tasks', tasks, observed.tasks, nameOfTask, meaning, differences);
    compareTimes('tasks', tasks, observed.tasks, before.tasks, nameOfTask, isNew, differences);
  }
}

function compareReply(
  recorded: RecordedStep,
  observed: Observation,
  meaning: Meaning,
  differences: Differences,
): void {
  const { cmd, reply } = recorded;
  if (cmd.op !== 'rpc') return;
  const expected = withAlways(responseTypeOf(cmd.path), reply ?? {});
  compareJson('reply', expected, observed.reply, meaning, differences);
}

/** Reply, records, events and calls of one step, in the order in which symbols are bound. */
export function compareStep(
  recorded: RecordedStep,
  observed: Observation,
  before: Before,
  meaning: Meaning,
): readonly Difference[] {
  const differences = new Differences();
  const isCompared = (name: string): boolean => recorded.nondeterministic?.includes(name) !== true;
  compareReply(recorded, observed, meaning, differences);
  compareRecords(recorded, observed, before, meaning, differences);
  if (isCompared('events')) {
    for (const stream of STREAMS) {
      const expected = recorded.events[stream] ?? [];
      const actual = observed.events[stream];
      compareStream(`events.${stream}`, expected, actual, meaning, differences);
    }
  }
  if (recorded.domains !== undefined && isCompared('domains')) {
    const domains = [...recorded.domains].sort();
    compareJson('domains', domains, [...(observed.domains ?? [])].sort(), meaning, differences);
  }
  for (const name of ['auctions', 'rep'] as const) {
    if (!isCompared(name)) continue;
    compareMultiset(name, recorded[name] ?? [], observed[name] ?? [], meaning, differences);
  }
  if (isCompared('callbacks')) {
    const [expected, actual] = [recorded.callbacks ?? [], observed.callbacks ?? []];
    compareJson('callbacks', expected, actual, meaning, differences);
  }
  return differences.list;
}

/** The step with the other outcome that the original also showed. */
export function alternativeOf(recorded: RecordedStep): RecordedStep | undefined {
  const { alternative } = recorded;
  return alternative === undefined ? undefined : { ...recorded, ...alternative };
}

/** Indices, guid/index, at which an ORDINARY and an EVACUATING row have one instance key. */
export function indicesWithSharedKey(rows: readonly JsonObject[]): string[] {
  const keys = new Map<string, Set<string>>();
  const shared: string[] = [];
  for (const row of rows) {
    const [index = ''] = nameOfRow(row).split(' ');
    const key = JSON.stringify(Object.entries(row['actual_lrp_instance_key'] ?? {}).sort());
    const known = keys.get(index) ?? new Set();
    if (key !== '[]' && known.has(key)) shared.push(index);
    keys.set(index, known.add(key));
  }
  return shared;
}
