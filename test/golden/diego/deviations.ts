import type { Difference } from './compare-values.ts';

/**
 * Where this BBS differs from the recorded one on purpose. A difference that an entry matches
 * is explained; every other difference fails the history.
 */
export interface Deviation {
  /** Only of these steps: `h0012:3`. */
  readonly at?: readonly string[];
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
    at: ['h0172:14', 'h0223:20', 'h0233:33', 'h0331:22', 'h0337:44'],
    command: /^actual_lrps\/start(\.r1)?$/,
    path: /^(rows\{[^}]*\}\.(modification_tag\.index|since)|events\.(instance|group)\{)/,
    reason:
      'A start that changes nothing is not written. The original writes it when the row was ' +
      'started through the other of `start` and `start.r1`, which store "no routes" differently.',
  },
  {
    at: ['h0008:31', 'h0299:25', 'h0369:34'],
    command: /^tasks\/reject$/,
    path: /^events\.task\{.*\.before\./,
    reason:
      'The rejection that fails a task is one write here, so `before` is the task as it was. ' +
      'The original writes twice and shows what stood between the two.',
  },
  {
    at: ['c0030:7'],
    path: /^events\.(instance|group)\{/,
    actual: /^$/,
    reason: 'The original tells that a suspect row was removed, although it stays.',
  },
  {
    at: ['c0052:6'],
    path: /^events\.task\{/,
    actual: /^task_removed$/,
    reason: 'An expired task is deleted at once, not demoted from Resolving first.',
  },
  {
    at: ['c1037:24'],
    path: /^events\.group\{/,
    actual: /^$/,
    reason:
      'A row goes that the group never showed, since a suspect stands before it. The original ' +
      'tells so after an update of the desired LRP, but not after remove or convergence.',
  },
  {
    command: /wrong content type/,
    path: /^reply\./,
    reason: 'The content type application/json is for people: its body is read as JSON.',
  },
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
  /** History and step: `h0012:3`. */
  readonly at: string;
  readonly command: string;
  readonly sharesKey: boolean;
  readonly tellsTheRows: boolean;
  /** Type of the recorded error. */
  readonly error?: string | undefined;
}

/** The first entry that matches. */
export function explain(
  { at, command, sharesKey, tellsTheRows, error }: Circumstances,
  { path, expected, actual }: Difference,
  entries: readonly Deviation[] = deviations,
): Deviation | undefined {
  return entries.find(
    (entry) =>
      (entry.at === undefined || entry.at.includes(at)) &&
      (entry.isOfSharedKey !== true || sharesKey) &&
      (entry.tellsTheRows !== true || tellsTheRows) &&
      (entry.error === undefined || entry.error === error) &&
      fits(entry.command, command) &&
      entry.path.test(path) &&
      fits(entry.expected, expected) &&
      fits(entry.actual, actual),
  );
}
