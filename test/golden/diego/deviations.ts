import type { Difference } from './compare-values.ts';

/**
 * Where this BBS differs from the recorded one on purpose. A difference that an entry matches
 * is explained; every other difference fails the history.
 */
export interface Deviation {
  /** Of the command: `actual_lrps/claim`, `converge`. */
  readonly command?: RegExp;
  readonly path: RegExp;
  /** Texts of the recorded and of the actual value, JSON when they are no text. */
  readonly expected?: RegExp;
  readonly actual?: RegExp;
  /** Only of an index at which an ORDINARY and an EVACUATING row have one instance key. */
  readonly isOfSharedKey?: boolean;
  readonly reason: string;
}

export const deviations: readonly Deviation[] = [
  {
    command: /^transport: 2015 path /,
    path: /^status$/,
    expected: /^404$/,
    actual: /^200$/,
    reason: 'The routes of 2015 are served beside those of today (diego.md §1.3, appendix B).',
  },
  {
    command: /^actual_lrps\//,
    path: /^events\.(instance|group)\{/,
    isOfSharedKey: true,
    reason:
      'An ORDINARY and an EVACUATING row share an instance key: the events that the original ' +
      'sends twice or for the other row are a fault of its calculation (diego.md §10.2).',
  },
];

export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'absent');

const fits = (pattern: RegExp | undefined, value: unknown): boolean =>
  pattern === undefined || pattern.test(textOf(value));

/** The first entry that matches. */
export function explain(
  command: string,
  { path, expected, actual }: Difference,
  sharesKey: boolean,
  entries: readonly Deviation[] = deviations,
): Deviation | undefined {
  return entries.find(
    (entry) =>
      (entry.isOfSharedKey !== true || sharesKey) &&
      fits(entry.command, command) &&
      entry.path.test(path) &&
      fits(entry.expected, expected) &&
      fits(entry.actual, actual),
  );
}
