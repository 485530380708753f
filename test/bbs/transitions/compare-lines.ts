/** Words that are compared only where the table mentions them. */
const OPTIONAL = ['routable', 'routes', 'tags', 'zone'];

const wordsOf = (line: string): string[] => line.match(/[^\s"]+(?:"[^"]*")?/g) ?? [];
const nameOf = (word: string): string => word.split('=')[0] ?? '';

/** Whether a record is as the table says; `since=any` leaves a word open. */
export function isSameRecord(expected: string, actual: string): boolean {
  const wanted = wordsOf(expected);
  const names = new Set(wanted.filter((word) => word.includes('=')).map(nameOf));
  const isWanted = (word: string): boolean =>
    !word.includes('=') || names.has(nameOf(word)) || !OPTIONAL.includes(nameOf(word));
  const came = wordsOf(actual).filter(isWanted);
  return (
    wanted.length === came.length &&
    wanted.every((word) => {
      const name = nameOf(word);
      if (word === `${name}=any`) return came.some((other) => nameOf(other) === name);
      return came.includes(word);
    })
  );
}

function isSameMultiset(
  expected: readonly string[],
  actual: readonly string[],
  isSame: (one: string, other: string) => boolean,
): boolean {
  const left = [...actual];
  const isEachThere = expected.every((line) => {
    const position = left.findIndex((other) => isSame(line, other));
    if (position >= 0) left.splice(position, 1);
    return position >= 0;
  });
  return isEachThere && left.length === 0;
}

const isEqual = (one: string, other: string): boolean => one === other;

const block = (lines: readonly string[]): string =>
  lines.length === 0 ? '    none' : lines.map((line) => `    ${line}`).join('\n');

const problem = (what: string, expected: readonly string[], actual: readonly string[]): string =>
  `${what}\n  expected\n${block(expected)}\n  came\n${block(actual)}`;

/** Empty when all is as expected, else one problem for people. */
export function compareRecords(
  what: string,
  expected: readonly string[],
  actual: readonly string[],
): string[] {
  return isSameMultiset(expected, actual, isSameRecord) ? [] : [problem(what, expected, actual)];
}

export function compareCalls(
  what: string,
  expected: readonly string[],
  actual: readonly string[],
): string[] {
  return isSameMultiset(expected, actual, isEqual) ? [] : [problem(what, expected, actual)];
}

/** Events of one index have an order, unless told otherwise; those of two indices have none. */
export function compareEvents(
  what: string,
  expected: readonly string[],
  actual: readonly string[],
  isUnordered: boolean,
): string[] {
  if (isUnordered) return compareCalls(what, expected, actual);
  const subjectOf = (line: string): string => line.split(' ')[0] ?? '';
  const [wanted, came] = [Map.groupBy(expected, subjectOf), Map.groupBy(actual, subjectOf)];
  const subjects = new Set([...wanted.keys(), ...came.keys()]);
  const isSame = [...subjects].every((subject) => {
    const [one, other] = [wanted.get(subject) ?? [], came.get(subject) ?? []];
    return one.length === other.length && one.every((line, position) => line === other[position]);
  });
  return isSame ? [] : [problem(what, expected, actual)];
}
