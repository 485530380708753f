/** Keys per chunk: an insertion moves at most this many pointers. */
const MAX_CHUNK_KEYS = 512;

/**
 * The text whose order by code units is the order of the key's UTF-8 bytes. For ASCII that is the
 * key itself; other keys become one character per byte.
 */
export function toOrderKey(key: string): string {
  const bytes = Buffer.byteLength(key);
  return bytes === key.length ? key : Buffer.from(key).toString('latin1');
}

/** Where `key` is or belongs in a sorted list. */
function placeOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A sorted set of strings that stays fast with millions of them. */
export class OrderedKeys {
  #chunks: string[][] = [[]];

  /** Takes keys that are already in order, much faster than one by one. */
  static fromSorted(keys: readonly string[]): OrderedKeys {
    const ordered = new OrderedKeys();
    const half = MAX_CHUNK_KEYS / 2;
    const chunks: string[][] = [];
    for (let at = 0; at < keys.length; at += half) chunks.push(keys.slice(at, at + half));
    if (chunks.length > 0) ordered.#chunks = chunks;
    return ordered;
  }

  add(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at] as string[];
    const place = placeOf(chunk, key);
    if (chunk[place] === key) return;
    chunk.splice(place, 0, key);
    if (chunk.length > MAX_CHUNK_KEYS) {
      this.#chunks.splice(at + 1, 0, chunk.splice(MAX_CHUNK_KEYS / 2));
    }
  }

  remove(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at] as string[];
    const place = placeOf(chunk, key);
    if (chunk[place] !== key) return;
    chunk.splice(place, 1);
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1);
  }

  /** Keys that begin with `prefix` and come after `after`, in order. */
  *withPrefix(prefix: string, after = ''): Generator<string> {
    const from = after > prefix ? after : prefix;
    let at = this.#chunkOf(from);
    let place = placeOf(this.#chunks[at] as string[], from);
    for (; at < this.#chunks.length; at += 1, place = 0) {
      const chunk = this.#chunks[at] as string[];
      for (; place < chunk.length; place += 1) {
        const key = chunk[place] as string;
        if (!key.startsWith(prefix)) return;
        if (key > after) yield key;
      }
    }
  }

  /** The last chunk that begins at or before `key`, else the first. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const first = this.#chunks[middle]?.[0];
      if (first !== undefined && first <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}
