import type { TemplateMatcher } from './match-template.ts';

export interface Difference {
  /** Path inside the outcome of a step: `response.headers.date`, `accessLog.status`. */
  readonly field: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

const longestShown = 600;

function shortened(value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= longestShown) return value;
  return `${value.slice(0, longestShown)}… (${value.length} characters)`;
}

export class DifferenceList {
  readonly differences: Difference[] = [];
  readonly matcher: TemplateMatcher;

  constructor(matcher: TemplateMatcher) {
    this.matcher = matcher;
  }

  add(field: string, expected: unknown, actual: unknown): void {
    this.differences.push({ field, expected: shortened(expected), actual: shortened(actual) });
  }

  same(field: string, expected: unknown, actual: unknown): void {
    if (expected !== actual) this.add(field, expected ?? null, actual ?? null);
  }

  /** Text with placeholders. */
  text(field: string, expected: string | undefined, actual: string | undefined): void {
    if (expected === undefined || actual === undefined) {
      this.same(field, expected, actual);
      return;
    }
    if (this.matcher.matches(expected, actual)) return;
    this.add(field, this.matcher.describe(expected), actual);
  }
}
