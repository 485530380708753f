/**
 * Puts bytes that come in pieces behind one another. Room is doubled, so that a head in many
 * small pieces costs its length and not the square of it.
 */
export class ByteRoom {
  #room: Buffer | undefined;

  /**
   * `pending` with `chunk` behind it. Bytes that were handed out before stay as they are: only
   * what lies behind the end of `pending` is written.
   */
  append(pending: Buffer | undefined, chunk: Buffer): Buffer {
    if (pending === undefined) {
      this.#room = undefined;
      return chunk;
    }
    const length = pending.length + chunk.length;
    let room = this.#room;
    let from = pending.byteOffset;
    if (room === undefined || pending.buffer !== room.buffer || from + length > room.length) {
      // Not from the pool: its memory begins with this room.
      room = Buffer.allocUnsafeSlow(length * 2);
      pending.copy(room);
      this.#room = room;
      from = 0;
    }
    chunk.copy(room, from + pending.length);
    return room.subarray(from, from + length);
  }

  /** Forgets the room; what was handed out keeps its own part alive. */
  clear(): void {
    this.#room = undefined;
  }
}
