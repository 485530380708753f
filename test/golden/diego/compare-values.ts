import { isJsonObject, type Json } from './message-json.ts';
import { Symbols } from './symbols.ts';

/** One value that is not as recorded. `path` names it without the id of the history. */
export interface Difference {
  readonly path: string;
  readonly expected: Json | undefined;
  readonly actual: Json | undefined;
}

export const isArray = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

function compareMembers(
  expected: Json,
  actual: Json,
  symbols: Symbols,
  path: string,
): Difference[] | undefined {
  if (isArray(expected) && isArray(actual) && expected.length === actual.length) {
    return expected.flatMap((item, position) =>
      compareValues(item, actual[position], symbols, `${path}[${position}]`),
    );
  }
  if (!isJsonObject(expected) || !isJsonObject(actual)) return undefined;
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...names].sort().flatMap((name) => {
    const whole = path === '' ? name : `${path}.${name}`;
    return compareValues(expected[name], actual[name], symbols, whole, name);
  });
}

/** The smallest parts that differ. Symbols in `expected` are bound or demanded. */
export function compareValues(
  expected: Json | undefined,
  actual: Json | undefined,
  symbols: Symbols,
  path: string,
  field = '',
): Difference[] {
  if (Symbols.isSymbol(field, expected)) {
    const demanded = symbols.match(expected, actual);
    return demanded === undefined ? [] : [{ path, expected: demanded, actual }];
  }
  if (expected === actual) return [];
  if (expected !== undefined && actual !== undefined) {
    const differences = compareMembers(expected, actual, symbols, path);
    if (differences !== undefined) return differences;
  }
  return [{ path, expected, actual }];
}

/** Bindings of a try that failed are taken back. */
export function matches(
  expected: Json | undefined,
  actual: Json | undefined,
  symbols: Symbols,
): boolean {
  const mark = symbols.mark();
  const isEqual = compareValues(expected, actual, symbols, '').length === 0;
  if (!isEqual) symbols.rollBack(mark);
  return isEqual;
}

/** Whether both hold the same values in some order. Bindings stay when they do. */
export function matchesAsMultiset(
  expected: readonly Json[],
  actual: readonly Json[],
  symbols: Symbols,
): boolean {
  if (expected.length !== actual.length) return false;
  const [first, ...rest] = expected;
  if (first === undefined) return true;
  for (const [position, candidate] of actual.entries()) {
    const mark = symbols.mark();
    if (
      matches(first, candidate, symbols) &&
      matchesAsMultiset(rest, actual.toSpliced(position, 1), symbols)
    ) {
      return true;
    }
    symbols.rollBack(mark);
  }
  return false;
}

/** What is left on each side when everything that is in both has been taken away. */
function leftOver(
  expected: readonly Json[],
  actual: readonly Json[],
  symbols: Symbols,
): { readonly missing: Json[]; readonly unexpected: Json[] } {
  const unexpected = [...actual];
  const missing: Json[] = [];
  for (const item of expected) {
    const position = unexpected.findIndex((candidate) => matches(item, candidate, symbols));
    if (position < 0) missing.push(item);
    else unexpected.splice(position, 1);
  }
  return { missing, unexpected };
}

/** Items in any order; pairs that nearly match are compared part by part. */
export function compareUnordered(
  expected: readonly Json[],
  actual: readonly Json[],
  symbols: Symbols,
  path: string,
): Difference[] {
  if (matchesAsMultiset(expected, actual, symbols)) return [];
  const { missing, unexpected } = leftOver(expected, actual, symbols);
  const [oneMissing] = missing;
  const [oneUnexpected] = unexpected;
  if (missing.length === 1 && unexpected.length === 1) {
    return compareValues(oneMissing, oneUnexpected, symbols, path);
  }
  return [
    ...missing.map((item) => ({ path, expected: item, actual: undefined })),
    ...unexpected.map((item) => ({ path, expected: undefined, actual: item })),
  ];
}
