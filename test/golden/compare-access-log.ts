import type { DifferenceList } from './difference.ts';

/** Names of the fields before the `name:value` ones (gorouter.md §6.1). */
const leadingFields = [
  'host',
  'dash',
  'time',
  'request',
  'status',
  'bytesReceived',
  'bytesSent',
  'referer',
  'userAgent',
  'client',
  'backend',
];

function splitLine(line: string): string[] {
  return line.match(/(?:"(?:\\.|[^"\\])*"|\[[^\]]*\]|[^\s"])+/g) ?? [];
}

export function compareAccessLog(
  expected: readonly string[],
  actual: readonly string[],
  list: DifferenceList,
): void {
  if (expected.length !== actual.length) {
    list.add('accessLog', expected, actual);
    if (expected.length === 0 || actual.length === 0) return;
  }
  for (const [position, line] of expected.entries()) {
    const other = actual[position];
    if (other === undefined) continue;
    compareLine(expected.length > 1 ? `accessLog[${position}]` : 'accessLog', line, other, list);
  }
}

function compareLine(field: string, line: string, other: string, list: DifferenceList): void {
  const expected = splitLine(line);
  const actual = splitLine(other);
  if (expected.length !== actual.length || expected.length < leadingFields.length) {
    list.text(field, line, other);
    return;
  }
  for (const [position, value] of expected.entries()) {
    const name = leadingFields[position] ?? /^([^:]*):/.exec(value)?.[1] ?? `${position}`;
    list.text(`${field}.${name}`, value, actual[position]);
  }
}
