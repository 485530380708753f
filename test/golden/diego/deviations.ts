import type { Difference } from './difference.ts';

/**
 * Where this BBS differs from the recorded one on purpose. A difference that an entry matches is
 * explained; every other difference is a failure. An entry that matches nothing any more is
 * reported as stale.
 */
export interface Deviation {
  readonly id?: RegExp;
  /** Path of the request, or `converge`, `advance 31 s`, `release_cell cell-a`. */
  readonly command?: RegExp;
  /** `rows[h0012-p0/0].since`, `events.instance[h0012-p0/0].names`, `auctions.item.indices`. */
  readonly field: RegExp;
  /** Text of the recorded and of the actual value, JSON when it is no text. */
  readonly expected?: RegExp;
  readonly actual?: RegExp;
  /** Only at an index where an ORDINARY and an EVACUATING row have one instance key. */
  readonly sharesInstanceKey?: true;
  /** What follows is another story and is not compared. */
  readonly endsHistory?: true;
  readonly reason: string;
}

export const deviations: readonly Deviation[] = [
  {
    field: /^events\.(instance|group)\[/,
    sharesInstanceKey: true,
    reason:
      'One change is one event: two rows with one instance key are told apart by their presence ' +
      '(diego.md §10.2, a quirk not to copy).',
  },
];

export interface DeviationScene {
  readonly id: string;
  readonly command: string;
  readonly sharesInstanceKey: boolean;
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null);

export function matchesDeviation(
  deviation: Deviation,
  scene: DeviationScene,
  difference: Difference,
): boolean {
  const { id, command, field, expected, actual, sharesInstanceKey } = deviation;
  return (
    (id?.test(scene.id) ?? true) &&
    (command?.test(scene.command) ?? true) &&
    field.test(difference.field) &&
    (expected?.test(asText(difference.expected)) ?? true) &&
    (actual?.test(asText(difference.actual)) ?? true) &&
    (sharesInstanceKey === undefined || scene.sharesInstanceKey)
  );
}
