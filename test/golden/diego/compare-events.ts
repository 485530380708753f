import { compareValues, type Difference, matches, matchesAsMultiset } from './compare-values.ts';
import type { Json } from './message-json.ts';
import { type EventSequence, type StreamEvent, subjectOf } from './recorded-history.ts';
import type { Symbols } from './symbols.ts';

type Events = readonly StreamEvent[];
const asJson = (events: Events): readonly Json[] => events as unknown as readonly Json[];
const namesOf = (events: Events): string => events.map(({ event }) => event).join(' ');

/** Events that are the same in every part are kept once. */
function withoutRepeats(events: Events): StreamEvent[] {
  return [...new Map(events.map((event) => [JSON.stringify(event), event])).values()];
}

/**
 * Evacuating a row over the evacuating row of another instance: the original says either
 * `changed`, or `created`, `changed` and `removed` (data/README.md).
 */
function isOtherRowOrder(recorded: EventSequence, actual: Events, symbols: Symbols): boolean {
  if (recorded.depends_on_row_order !== true) return false;
  const changed = actual.find(({ event }) => event === 'actual_lrp_changed');
  return (
    namesOf(actual) === 'actual_lrp_created actual_lrp_changed actual_lrp_removed' &&
    matches(asJson(recorded.events)[0], changed as unknown as Json, symbols)
  );
}

function isAsRecorded(recorded: EventSequence, actual: Events, symbols: Symbols): boolean {
  const isSame = (outcome: Events): boolean =>
    recorded.unordered === true
      ? matchesAsMultiset(asJson(outcome), asJson(actual), symbols) ||
        matchesAsMultiset(asJson(withoutRepeats(outcome)), asJson(withoutRepeats(actual)), symbols)
      : matches(asJson(outcome), asJson(actual), symbols);
  const outcomes = [recorded.events, ...(recorded.variants ?? [])];
  return outcomes.some(isSame) || isOtherRowOrder(recorded, actual, symbols);
}

function compareSequence(
  recorded: EventSequence,
  actual: Events,
  symbols: Symbols,
  path: string,
): Difference[] {
  if (isAsRecorded(recorded, actual, symbols)) return [];
  const [expectedNames, actualNames] = [namesOf(recorded.events), namesOf(actual)];
  const mark = recorded.unordered === true ? `${path}(unordered)` : path;
  if (expectedNames !== actualNames) {
    return [{ path: mark, expected: expectedNames, actual: actualNames }];
  }
  return recorded.events.flatMap((event, position) =>
    compareValues(
      event.data,
      actual[position]?.data,
      symbols,
      `${mark}[${position} ${event.event}]`,
    ),
  );
}

/** The events of one stream during one step: sequences per subject, none between them. */
export function compareStream(
  recorded: readonly EventSequence[],
  actual: Events,
  symbols: Symbols,
  path: string,
): Difference[] {
  const arrived = Map.groupBy(actual, subjectOf);
  const differences = recorded.flatMap((sequence) => {
    const events = arrived.get(sequence.of) ?? [];
    arrived.delete(sequence.of);
    return compareSequence(sequence, events, symbols, `${path}{${sequence.of}}`);
  });
  for (const [subject, events] of arrived) {
    differences.push({ path: `${path}{${subject}}`, expected: '', actual: namesOf(events) });
  }
  return differences;
}
