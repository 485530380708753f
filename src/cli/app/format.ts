/** Amounts and times as people read them. Pure. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `12 s`, `3 min`, `5 h`, `2 d`: one unit, rounded down. */
export function ageText(ageMs: number): string {
  const age = Math.max(0, ageMs);
  if (age < MINUTE_MS) return `${Math.floor(age / SECOND_MS)} s`;
  if (age < HOUR_MS) return `${Math.floor(age / MINUTE_MS)} min`;
  if (age < DAY_MS) return `${Math.floor(age / HOUR_MS)} h`;
  return `${Math.floor(age / DAY_MS)} d`;
}

const UNITS = ['B', 'K', 'M', 'G', 'T'] as const;

/** `512 B`, `1.5 M`, `20 G`: powers of 1024. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = value >= 10 || unit === 0 ? value.toFixed(0) : value.toFixed(1);
  return `${digits} ${UNITS[unit]}`;
}

const SIZE = /^(?<amount>[0-9]{1,9})(?<unit>[kmgt]?)b?$/i;
const MEBIBYTES: Readonly<Record<string, number>> = { m: 1, g: 1024, t: 1024 * 1024, '': 1 };

/** `256`, `256M`, `1G` in mebibytes; undefined: not such a text, or less than one. */
export function parseMegabytes(text: string): number | undefined {
  const { amount = '', unit = '' } = SIZE.exec(text.trim())?.groups ?? {};
  const factor = MEBIBYTES[unit.toLowerCase()];
  const value = Number(amount) * (factor ?? 0);
  return amount === '' || value < 1 || value > 2 ** 31 - 1 ? undefined : value;
}

const DURATION = /^(?<amount>[0-9]{1,6})(?<unit>s|m|h)?$/;

/** `90`, `90s`, `5m`, `1h` in milliseconds; undefined: not such a text, or nothing. */
export function parseDurationMs(text: string): number | undefined {
  const { amount = '', unit = 's' } = DURATION.exec(text.trim())?.groups ?? {};
  const factor = unit === 'h' ? HOUR_MS : unit === 'm' ? MINUTE_MS : SECOND_MS;
  const value = Number(amount) * factor;
  return amount === '' || value === 0 ? undefined : value;
}

/** A whole number of at least `minimum`; undefined: something else. */
export function parseCount(text: string, minimum: number, maximum: number): number | undefined {
  if (!/^[0-9]{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= minimum && value <= maximum ? value : undefined;
}

/** Nanoseconds since 1970, as the BBS has them, in milliseconds. */
export const msOf = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n);
