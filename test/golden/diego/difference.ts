/** One thing that came out otherwise than recorded. */
export interface Difference {
  /** `reply.error.type`, `rows[h0012-p0/0].since`, `events.instance[h0012-p0/0][1].event`. */
  readonly field: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** Collects differences; `undefined` is shown as `absent`. */
export class Differences {
  readonly list: Difference[] = [];

  add(field: string, expected: unknown, actual: unknown): void {
    this.list.push({ field, expected: expected ?? 'absent', actual: actual ?? 'absent' });
  }
}
