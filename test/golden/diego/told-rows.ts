import { isJsonObject, type Json, type JsonObject } from './message-json.ts';
import { type StreamEvent, subjectOf } from './recorded-history.ts';

/** Every version of a row is one tag and one presence. */
const versionOf = (row: Json | undefined): string =>
  isJsonObject(row) ? JSON.stringify([row['modification_tag'], row['presence'] ?? null]) : '';

function countsOf(rows: readonly JsonObject[]): Map<string, number> {
  return new Map([...Map.groupBy(rows, versionOf)].map(([version, own]) => [version, own.length]));
}

/** What an instance event takes away and puts there. */
function changesOf({ event, data }: StreamEvent): readonly (Json | undefined)[] {
  if (event.endsWith('_created')) return [undefined, data['actual_lrp']];
  if (event.endsWith('_removed')) return [data['actual_lrp'], undefined];
  return event.endsWith('_changed') ? [data['before'], data['after']] : [];
}

/**
 * Whether somebody who knew the rows of an index and heard its instance events now knows the
 * rows that are there. The one thing that events must do, whatever their number.
 */
export function tellTheRows(
  subject: string,
  before: readonly JsonObject[],
  events: readonly StreamEvent[],
  after: readonly JsonObject[],
): boolean {
  const counts = countsOf(before);
  const add = (row: Json | undefined, count: number): void => {
    if (row === undefined) return;
    const version = versionOf(row);
    counts.set(version, (counts.get(version) ?? 0) + count);
  };
  for (const event of events.filter((own) => subjectOf(own) === subject)) {
    const [gone, come] = changesOf(event);
    add(gone, -1);
    add(come, 1);
  }
  const expected = countsOf(after);
  const versions = new Set([...counts.keys(), ...expected.keys()]);
  return [...versions].every(
    (version) => (counts.get(version) ?? 0) === (expected.get(version) ?? 0),
  );
}
