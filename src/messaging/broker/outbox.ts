/** Payloads from this size on are passed on by reference; smaller ones are cheaper to copy. */
const BY_REFERENCE_MIN_BYTES = 16_384;
const BLOCK_MIN_BYTES = 512;
const BLOCK_MAX_BYTES = 65_536;

/** What a client is to be sent in one write: short texts and small payloads packed in blocks. */
export class Outbox {
  #parts: Buffer[] = [];
  #block: Buffer | undefined;
  #used = 0;
  /** Where the unsealed part of the block begins. */
  #sealed = 0;
  #blockBytes = BLOCK_MIN_BYTES;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** One character per byte. */
  addText(text: string): void {
    const block = this.#reserve(text.length);
    this.#used += block.write(text, this.#used, 'latin1');
    this.#bytes += text.length;
  }

  addBytes(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (bytes.length >= BY_REFERENCE_MIN_BYTES) {
      this.#seal();
      this.#parts.push(bytes);
      return;
    }
    const block = this.#reserve(bytes.length);
    bytes.copy(block, this.#used);
    this.#used += bytes.length;
  }

  /** Everything so far, in order; the outbox is empty afterwards and holds no memory. */
  take(): Buffer[] {
    this.#seal();
    const parts = this.#parts;
    this.#parts = [];
    this.#block = undefined;
    this.#used = 0;
    this.#sealed = 0;
    this.#blockBytes = BLOCK_MIN_BYTES;
    this.#bytes = 0;
    return parts;
  }

  #seal(): void {
    if (this.#block === undefined || this.#used === this.#sealed) return;
    this.#parts.push(this.#block.subarray(this.#sealed, this.#used));
    this.#sealed = this.#used;
  }

  /** Blocks grow while a turn lasts: a quiet client costs little, a busy one needs few parts. */
  #reserve(length: number): Buffer {
    if (this.#block !== undefined && this.#block.length - this.#used >= length) return this.#block;
    this.#seal();
    const block = Buffer.allocUnsafe(Math.max(length, this.#blockBytes));
    this.#blockBytes = Math.min(this.#blockBytes * 4, BLOCK_MAX_BYTES);
    this.#block = block;
    this.#used = 0;
    this.#sealed = 0;
    return block;
  }
}
