/**
 * Where the bytes of one connection are read into. Left to itself, Node makes 64 KiB of room for
 * every read. Here short answers share one small buffer, whose bytes must be copied by whoever
 * keeps them; long ones get a fresh buffer for each read, which nobody writes into again.
 */

/** Content up to this size is always copied when it is sent (send-content.ts). */
export const SMALL_READ_BYTES = 8192;
const LARGE_READ_BYTES = 65_536;

export class ReadBuffer {
  readonly #small = Buffer.allocUnsafeSlow(SMALL_READ_BYTES);
  #current: Buffer | undefined;
  #lastBytes = 0;

  /** What a read has brought. */
  taken(bytes: number): Buffer {
    this.#lastBytes = bytes;
    return (this.#current as Buffer).subarray(0, bytes);
  }

  /** The same bytes will be overwritten by the next read. */
  get isShared(): boolean {
    return this.#current === this.#small;
  }

  /** For the next read; undefined: the same as for the last one. */
  readonly next = (): Buffer | undefined => {
    const { length = 0 } = this.#current ?? {};
    const isFull = this.#lastBytes === length && length > 0;
    if (!isFull && this.#current === this.#small) return undefined;
    this.#current = isFull ? Buffer.allocUnsafeSlow(LARGE_READ_BYTES) : this.#small;
    return this.#current;
  };
}
