import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Json, type JsonObject, withAlways } from './message-json.ts';
import { eventTypeOf, typeNamed } from './message-types.ts';

/** One line of the recordings of the original BBS, as data/README.md describes it. */
export interface RecordedHistory {
  readonly id: string;
  readonly kind: string;
  readonly title?: string;
  readonly process_guids: readonly string[];
  readonly task_guids: readonly string[];
  readonly registered_cells: readonly string[];
  readonly steps: readonly RecordedStep[];
}

export type Command =
  | {
      readonly op: 'rpc';
      readonly path: string;
      readonly request_type: string;
      readonly request: JsonObject;
    }
  | { readonly op: 'advance'; readonly seconds: number }
  | { readonly op: 'register_cell' | 'release_cell'; readonly cell_id: string }
  | { readonly op: 'converge' };

export interface StreamEvent {
  readonly event: string;
  readonly data: JsonObject;
}

export interface EventSequence {
  readonly of: string;
  readonly events: readonly StreamEvent[];
  readonly unordered?: boolean;
  readonly variants?: readonly (readonly StreamEvent[])[];
  readonly depends_on_row_order?: boolean;
}

export const STREAMS = ['instance', 'group', 'task'] as const;
export type StreamName = (typeof STREAMS)[number];

/** What a step brought about. The same form serves for what was recorded and for what came. */
export interface StepEffects {
  readonly reply?: JsonObject;
  readonly rows: readonly JsonObject[];
  readonly desired: readonly JsonObject[];
  readonly tasks: readonly JsonObject[];
  readonly domains?: readonly string[];
  readonly auctions: readonly JsonObject[];
  readonly rep?: readonly JsonObject[];
  readonly callbacks?: readonly JsonObject[];
}

export interface RecordedStep extends StepEffects {
  readonly n: number;
  readonly cmd: Command;
  readonly events: Readonly<Partial<Record<StreamName, readonly EventSequence[]>>>;
  readonly row_order_dependent?: boolean;
  readonly alternative?: Partial<StepEffects> & { readonly events?: RecordedStep['events'] };
  readonly nondeterministic?: readonly string[];
}

export interface Observation extends StepEffects {
  readonly events: Readonly<Record<StreamName, readonly StreamEvent[]>>;
}

export const HISTORY_FILES = ['lrp', 'lrp2', 'mixed', 'task', 'scripted', 'random'] as const;
export type HistoryFile = (typeof HISTORY_FILES)[number];

const NAMES: Readonly<Record<HistoryFile, string>> = {
  lrp: 'lrp.jsonl.gz',
  lrp2: 'lrp2.jsonl.gz',
  mixed: 'mixed.jsonl.gz',
  task: 'task.jsonl.gz',
  scripted: 'scripted.jsonl',
  random: 'random.jsonl.gz',
};

export function readLines(name: string): unknown[] {
  const bytes = readFileSync(new URL(`data/${name}`, import.meta.url));
  const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

type RawHistory = Omit<RecordedHistory, 'process_guids' | 'task_guids'> & {
  readonly process_guids: readonly string[] | null;
  readonly task_guids: readonly string[] | null;
};

const completeEvents = (events: readonly StreamEvent[]): StreamEvent[] =>
  events.map(({ event, data }) => ({ event, data: withAlways(eventTypeOf(event), data) }));

function completeSequence(sequence: EventSequence): EventSequence {
  const { events, variants } = sequence;
  return {
    ...sequence,
    events: completeEvents(events),
    ...(variants === undefined ? {} : { variants: variants.map(completeEvents) }),
  };
}

type Outcome = NonNullable<RecordedStep['alternative']>;

/** Adds the empty messages that a decoder adds where nothing was on the wire. */
function complete<T extends Outcome>(outcome: T): T {
  const fill = (name: string, records: readonly JsonObject[] | undefined) =>
    records?.map((record) => withAlways(typeNamed(name), record));
  const filled = {
    rows: fill('ActualLRP', outcome.rows),
    desired: fill('DesiredLRPSchedulingInfo', outcome.desired),
    tasks: fill('Task', outcome.tasks),
  };
  const events = Object.entries(outcome.events ?? {}).map(([stream, sequences]) => [
    stream,
    sequences.map(completeSequence),
  ]);
  const known = Object.entries(filled).filter(([, records]) => records !== undefined);
  return { ...outcome, ...Object.fromEntries(known), events: Object.fromEntries(events) };
}

function completeStep(step: RecordedStep): RecordedStep {
  const { alternative } = step;
  return {
    ...complete(step),
    ...(alternative === undefined ? {} : { alternative: complete(alternative) }),
  };
}

export const loadHistories = (file: HistoryFile): RecordedHistory[] =>
  (readLines(NAMES[file]) as RawHistory[]).map((history) => ({
    ...history,
    process_guids: history.process_guids ?? [],
    task_guids: history.task_guids ?? [],
    steps: history.steps.map(completeStep),
  }));

export const isConvergence = (file: HistoryFile): boolean =>
  file === 'scripted' || file === 'random';

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const member = (value: Json | undefined, ...names: string[]): Json | undefined =>
  names.reduce<Json | undefined>(
    (current, name) => (current as JsonObject | undefined)?.[name],
    value,
  );

/** `guid/index` of an actual LRP's key. */
function nameOfKey(key: Json | undefined): string {
  return `${text(member(key, 'process_guid'))}/${String(member(key, 'index') ?? 0)}`;
}

/** What an event is about: a process guid, guid/index or a task guid. */
export function subjectOf({ event, data }: StreamEvent): string {
  const group = data['actual_lrp_group'] ?? data['after'];
  if (event.startsWith('task_')) {
    return text(member(data['task'] ?? data['after'], 'task_guid'));
  }
  if (event.startsWith('desired_')) {
    return text(member(data['desired_lrp'] ?? data['after'], 'process_guid'));
  }
  const key =
    data['actual_lrp_key'] ??
    member(data, 'actual_lrp', 'actual_lrp_key') ??
    member(group, 'instance', 'actual_lrp_key') ??
    member(group, 'evacuating', 'actual_lrp_key');
  return nameOfKey(key);
}

export function nameOfRow(row: JsonObject): string {
  const presence = text(row['presence']);
  return `${nameOfKey(row['actual_lrp_key'])}${presence === '' ? '' : ` ${presence}`}`;
}
export const nameOfDesired = (info: JsonObject): string =>
  text(member(info, 'desired_lrp_key', 'process_guid'));
export const nameOfTask = (task: JsonObject): string => text(task['task_guid']);

const instancesOf = (rows: readonly JsonObject[], isEvacuating: boolean): Set<string> =>
  new Set(
    rows
      .filter((row) => (row['presence'] === 'EVACUATING') === isEvacuating)
      .map((row) => JSON.stringify([nameOfKey(row['actual_lrp_key']), instanceOf(row)])),
  );

const instanceOf = (row: JsonObject): Json =>
  member(row['actual_lrp_instance_key'], 'instance_guid') ?? null;

/**
 * Indices, guid/index, at which an EVACUATING row and another have one instance key: before or
 * after a step, or since the step gave the key of the one to the other.
 */
export function indicesWithSharedKey(
  before: readonly JsonObject[],
  after: readonly JsonObject[],
): Set<string> {
  const pairs = [
    [before, before],
    [before, after],
    [after, after],
  ] as const;
  const shared = pairs.flatMap(([earlier, later]) => {
    const others = instancesOf(later, false);
    return [...instancesOf(earlier, true)].filter((instance) => others.has(instance));
  });
  return new Set(shared.map((pair) => String((JSON.parse(pair) as string[])[0])));
}
