const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A sequence of numbers with units, as Go writes durations: `30s`, `100ms`, `1h2m`, `0`. */
export const DURATION_PATTERN = '^[+-]?(0|([0-9]+(\\.[0-9]*)?(ns|us|µs|ms|s|m|h))+)$';

/**
 * Milliseconds of a duration. A bare number counts nanoseconds, as the original reads it
 * (gorouter.md §1). The text must match DURATION_PATTERN.
 */
export function durationMs(value: string | number): number {
  if (typeof value === 'number') return value * 1e-6;
  let sumMs = 0;
  for (const [, digits = '0', unit = 's'] of value.matchAll(/([0-9]+(?:\.[0-9]*)?)([a-zµ]+)/g)) {
    sumMs += Number(digits) * (UNITS_MS[unit] ?? 0);
  }
  return value.startsWith('-') ? -sumMs : sumMs;
}
