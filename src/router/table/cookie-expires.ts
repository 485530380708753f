const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// `Mon, 02 Jan 2006 15:04:05 GMT`, or the older form with hyphens.
const EXPIRES =
  /^([A-Za-z]{3}), (\d{2})([ -])([A-Za-z]{3})\3(\d{4}) (\d{2}):(\d{2}):(\d{2}) (?:GMT|UTC)$/;

/**
 * The `Expires` text as it is to be written again, or undefined when it cannot be read. The day
 * of the week is not trusted but worked out. Needs no clock, hence no Date.
 */
export function normalizeExpires(text: string): string | undefined {
  const match = EXPIRES.exec(text);
  if (match === null) return undefined;
  const [, weekday = '', day = '', , monthName = '', year = '', hours = '', minutes = ''] = match;
  const seconds = match[8] ?? '';
  const month = indexOfName(MONTHS, monthName);
  if (indexOfName(WEEKDAYS, weekday) < 0 || month < 0) return undefined;
  const isInRange =
    Number(day) >= 1 &&
    Number(day) <= daysIn(month, Number(year)) &&
    Number(hours) < 24 &&
    Number(minutes) < 60 &&
    Number(seconds) < 60;
  // Cookies cannot be older (RFC 6265 §5.1.1).
  if (!isInRange || Number(year) < 1601) return undefined;
  const name = WEEKDAYS[weekdayOf(Number(year), month, Number(day))];
  return `${name}, ${day} ${MONTHS[month]} ${year} ${hours}:${minutes}:${seconds} GMT`;
}

function indexOfName(names: readonly string[], name: string): number {
  return names.findIndex((known) => known.toLowerCase() === name.toLowerCase());
}

function daysIn(month: number, year: number): number {
  if (month === 1) return isLeap(year) ? 29 : 28;
  return [3, 5, 8, 10].includes(month) ? 30 : 31;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Sakamoto's rule for the Gregorian calendar; 0 = Sunday. */
function weekdayOf(year: number, month: number, day: number): number {
  const shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month] ?? 0;
  const y = month < 2 ? year - 1 : year;
  const leaps = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return (y + leaps + shift + day) % 7;
}
