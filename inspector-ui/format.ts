/** Values as people read them. */

export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}

/** `alive.running`; parallel parts with a `+`. */
export function stateText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, below]) => {
      const rest = stateText(below);
      return rest === '' ? key : `${key}.${rest}`;
    })
    .join(' + ');
}

export const clockTime = (wallMs: number): string => {
  const at = new Date(wallMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${time}.${String(at.getMilliseconds()).padStart(3, '0')}`;
};

export function megabytes(mb: number): string {
  return mb >= 10_240 ? `${(mb / 1024).toFixed(1)} GB` : `${mb} MB`;
}
