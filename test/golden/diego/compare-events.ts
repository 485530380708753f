import { compareJson, compareMultiset, isEqual, type Meaning } from './compare-json.ts';
import { Differences } from './difference.ts';
import { type JsonObject, withAlways } from './message-json.ts';
import { eventTypeOf } from './message-types.ts';
import { type EventSequence, type StreamEvent, subjectOf } from './recorded-history.ts';

type EventJson = JsonObject & { readonly event: string };

const asJson = ({ event, data }: StreamEvent): EventJson => ({ event, data });
const recordedAsJson = ({ event, data }: StreamEvent): EventJson => ({
  event,
  data: withAlways(eventTypeOf(event), data),
});

const namesOf = (events: readonly EventJson[]): string =>
  events.map(({ event }) => event).join(', ') || 'none';

function isSameList(
  expected: readonly EventJson[],
  actual: readonly EventJson[],
  meaning: Meaning,
): boolean {
  const mark = meaning.symbols.mark();
  const isSame =
    expected.length === actual.length &&
    expected.every((event, index) => isEqual(event, actual[index] ?? null, '', meaning));
  if (!isSame) meaning.symbols.rollBack(mark);
  return isSame;
}

function isSameMultiset(
  expected: readonly EventJson[],
  actual: readonly EventJson[],
  meaning: Meaning,
): boolean {
  if (expected.length !== actual.length) return false;
  const mark = meaning.symbols.mark();
  const differences = new Differences();
  compareMultiset('', expected, actual, meaning, differences);
  if (differences.list.length === 0) return true;
  meaning.symbols.rollBack(mark);
  return false;
}

/**
 * Evacuating a row over another instance's evacuating row: `changed` alone, or with `created` of
 * the new and `removed` of the old evacuating row around it. Both are right.
 */
function isSameBesideEvacuating(
  expected: readonly EventJson[],
  actual: readonly EventJson[],
  meaning: Meaning,
): boolean {
  const changes = (events: readonly EventJson[]): EventJson[] =>
    events.filter(({ event }) => event === 'actual_lrp_changed');
  const others = actual.filter(({ event }) => event !== 'actual_lrp_changed');
  const around = namesOf(others);
  const isAround = around === 'none' || around === 'actual_lrp_created, actual_lrp_removed';
  return isAround && isSameList(changes(expected), changes(actual), meaning);
}

function compareSequence(
  field: string,
  sequence: EventSequence,
  actual: readonly EventJson[],
  meaning: Meaning,
  differences: Differences,
): void {
  const isSame = sequence.unordered === true ? isSameMultiset : isSameList;
  const expected = sequence.events.map(recordedAsJson);
  const variants = (sequence.variants ?? []).map((events) => events.map(recordedAsJson));
  if ([expected, ...variants].some((events) => isSame(events, actual, meaning))) return;
  if (sequence.depends_on_row_order === true && isSameBesideEvacuating(expected, actual, meaning)) {
    return;
  }
  const names = [namesOf(expected), namesOf(actual)] as const;
  const isSameOrder = sequence.unordered === true || names[0] === names[1];
  if (expected.length !== actual.length || !isSameOrder) {
    differences.add(`${field}.names`, ...names);
  } else if (sequence.unordered === true) {
    compareMultiset(field, expected, actual, meaning, differences);
  } else {
    compareJson(field, expected, [...actual], meaning, differences);
  }
}

/** Inside a sequence the order counts, between sequences there is none. */
export function compareStream(
  field: string,
  expected: readonly EventSequence[],
  actual: readonly StreamEvent[],
  meaning: Meaning,
  differences: Differences,
): void {
  const came = Map.groupBy(actual, subjectOf);
  for (const sequence of expected) {
    const events = (came.get(sequence.of) ?? []).map(asJson);
    came.delete(sequence.of);
    compareSequence(`${field}[${sequence.of}]`, sequence, events, meaning, differences);
  }
  for (const [subject, events] of came) {
    differences.add(`${field}[${subject}].names`, 'none', namesOf(events.map(asJson)));
  }
}
