import { Differences } from './difference.ts';
import { isJsonObject, type Json, type JsonObject } from './message-json.ts';
import { Symbols } from './symbols.ts';

/** What the recorded words stand for in this run. */
export interface Meaning {
  readonly symbols: Symbols;
  /** Stands where `http://CALLBACK` was recorded. */
  readonly callbackAddress: string;
}

/** Exact comparison of JSON forms in which times and epochs are symbols. */
export function compareJson(
  field: string,
  expected: Json | undefined,
  actual: Json | undefined,
  meaning: Meaning,
  differences: Differences,
): void {
  if (isJsonObject(expected) && isJsonObject(actual)) {
    compareObjects(field, expected, actual, meaning, differences);
  } else if (Array.isArray(expected) && Array.isArray(actual)) {
    compareLists(field, expected, actual, meaning, differences);
  } else {
    compareScalars(field, expected, actual, meaning, differences);
  }
}

function compareObjects(
  field: string,
  expected: JsonObject,
  actual: JsonObject,
  meaning: Meaning,
  differences: Differences,
): void {
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    compareJson(`${field}.${key}`, expected[key], actual[key], meaning, differences);
  }
}

function compareLists(
  field: string,
  expected: readonly Json[],
  actual: readonly Json[],
  meaning: Meaning,
  differences: Differences,
): void {
  for (let index = 0; index < Math.max(expected.length, actual.length); index += 1) {
    compareJson(`${field}[${index}]`, expected[index], actual[index], meaning, differences);
  }
}

const lastName = (field: string): string => field.slice(field.lastIndexOf('.') + 1);

function compareScalars(
  field: string,
  expected: Json | undefined,
  actual: Json | undefined,
  meaning: Meaning,
  differences: Differences,
): void {
  if (Symbols.isSymbol(lastName(field), expected)) {
    const instead = meaning.symbols.match(expected, actual);
    if (instead !== undefined) differences.add(field, instead, actual);
    return;
  }
  const meant =
    typeof expected === 'string'
      ? expected.replace('http://CALLBACK', meaning.callbackAddress)
      : expected;
  if (meant !== actual) differences.add(field, meant, actual);
}

/** Whether it would be equal; bindings are kept only then. */
export function isEqual(expected: Json, actual: Json, field: string, meaning: Meaning): boolean {
  const mark = meaning.symbols.mark();
  const differences = new Differences();
  compareJson(field, expected, actual, meaning, differences);
  if (differences.list.length === 0) return true;
  meaning.symbols.rollBack(mark);
  return false;
}

/** How many differences there are; nothing stays bound. */
function distance(expected: Json, actual: Json, field: string, meaning: Meaning): number {
  const mark = meaning.symbols.mark();
  const differences = new Differences();
  compareJson(field, expected, actual, meaning, differences);
  meaning.symbols.rollBack(mark);
  return differences.list.length;
}

/** Pairs every expected item with an equal one that came; tries all pairings if it must. */
function pairAll(
  expected: readonly Json[],
  actual: readonly Json[],
  field: string,
  meaning: Meaning,
): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return actual.length === 0;
  for (const [position, candidate] of actual.entries()) {
    const mark = meaning.symbols.mark();
    const left = actual.filter((_, other) => other !== position);
    if (isEqual(first, candidate, field, meaning) && pairAll(rest, left, field, meaning)) {
      return true;
    }
    meaning.symbols.rollBack(mark);
  }
  return false;
}

/** A list whose order means nothing. What has no equal is shown beside what resembles it most. */
export function compareMultiset(
  field: string,
  expected: readonly Json[],
  actual: readonly Json[],
  meaning: Meaning,
  differences: Differences,
): void {
  if (expected.length === actual.length && pairAll(expected, actual, field, meaning)) return;
  const left = [...actual];
  const missing = expected.filter((item) => {
    const position = left.findIndex((candidate) => isEqual(item, candidate, field, meaning));
    if (position < 0) return true;
    left.splice(position, 1);
    return false;
  });
  for (const item of missing) {
    const ranked = left
      .map((candidate, position) => ({ position, far: distance(item, candidate, field, meaning) }))
      .sort((one, other) => one.far - other.far);
    const [nearest] = ranked;
    const [partner] = nearest === undefined ? [] : left.splice(nearest.position, 1);
    compareJson(field, item, partner, meaning, differences);
  }
  for (const item of left) differences.add(field, undefined, item);
}

/** Items that have names, such as rows: compared by name, in the order recorded. */
export function compareNamed(
  field: string,
  expected: readonly JsonObject[],
  actual: readonly JsonObject[],
  nameOf: (item: JsonObject) => string,
  meaning: Meaning,
  differences: Differences,
): void {
  const came = new Map(actual.map((item) => [nameOf(item), item]));
  for (const item of expected) {
    const name = nameOf(item);
    compareJson(`${field}[${name}]`, item, came.get(name), meaning, differences);
    came.delete(name);
  }
  for (const [name, item] of came) differences.add(`${field}[${name}]`, undefined, item);
  const [names, cameNames] = [expected.map(nameOf), actual.map(nameOf)];
  if (new Set(cameNames).size !== cameNames.length) {
    differences.add(`${field}.names`, names.join(' '), cameNames.join(' '));
  }
}
