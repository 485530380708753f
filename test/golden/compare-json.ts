import type { DifferenceList } from './difference.ts';

const typeNames = new Set(['string', 'number', 'boolean']);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Compares JSON values whose texts may hold placeholders. A text that is a type name stands for
 * any value of that type. In `shape` mode an empty object or list stands for any.
 */
export function compareJson(
  field: string,
  expected: unknown,
  actual: unknown,
  list: DifferenceList,
  mode: 'exact' | 'shape' = 'exact',
): void {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) {
      list.add(field, expected, actual ?? null);
      return;
    }
    if (mode === 'shape' && expected.length === 0) return;
    if (expected.length !== actual.length) {
      list.add(field, expected, actual);
      return;
    }
    for (const [position, item] of expected.entries()) {
      compareJson(`${field}[${position}]`, item, actual[position], list, mode);
    }
    return;
  }
  if (isObject(expected)) {
    if (!isObject(actual)) {
      list.add(field, expected, actual ?? null);
      return;
    }
    if (mode === 'shape' && Object.keys(expected).length === 0) return;
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      compareJson(`${field}.${key}`, expected[key], actual[key], list, mode);
    }
    return;
  }
  if (typeof expected === 'string' && typeNames.has(expected) && expected === typeof actual) return;
  if (typeof expected === 'string' && typeof actual === 'string') {
    list.text(field, expected, actual);
    return;
  }
  list.same(field, expected, actual);
}
