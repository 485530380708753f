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
  /** Only when our instance events tell how the rows became what they are. */
  readonly tellsTheRows?: boolean;
  /** Only when the recorded answer was an error of this type. */
  readonly error?: string;
  readonly reason: string;
}

export const deviations: readonly Deviation[] = [
  {
    command: /^tasks\/reject$/,
    path: /^events\.task\{/,
    error: 'InvalidRequest',
    expected: /^task_changed$/,
    actual: /^$/,
    reason:
      'A completed or resolving task cannot be rejected; the original refuses it, writes ' +
      'nothing, and yet sends a task_changed whose `before` is an empty task.',
  },
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
    tellsTheRows: true,
    reason:
      'An ORDINARY and an EVACUATING row share an instance key: the events that the original ' +
      'sends twice or for the other row are a fault of its calculation (diego.md §10.2).',
  },
];

export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'absent');

const fits = (pattern: RegExp | undefined, value: unknown): boolean =>
  pattern === undefined || pattern.test(textOf(value));

export interface Circumstances {
  readonly command: string;
  readonly sharesKey: boolean;
  readonly tellsTheRows: boolean;
  /** Type of the recorded error. */
  readonly error?: string | undefined;
}

/** The first entry that matches. */
export function explain(
  { command, sharesKey, tellsTheRows, error }: Circumstances,
  { path, expected, actual }: Difference,
  entries: readonly Deviation[] = deviations,
): Deviation | undefined {
  return entries.find(
    (entry) =>
      (entry.isOfSharedKey !== true || sharesKey) &&
      (entry.tellsTheRows !== true || tellsTheRows) &&
      (entry.error === undefined || entry.error === error) &&
      fits(entry.command, command) &&
      entry.path.test(path) &&
      fits(entry.expected, expected) &&
      fits(entry.actual, actual),
  );
}
