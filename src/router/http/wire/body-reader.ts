/**
 * Finds the parts of a body in the bytes of a connection (RFC 9112 §6, §7). It copies nothing:
 * what belongs to the content is told by its place.
 */
import type { HeaderList } from '../../policy/header-list.ts';
import { type HeadFault, readHeaderLines, textFault } from './read-head.ts';

export interface BodySink {
  /** Content from `from` up to `to`. */
  onContent(bytes: Buffer, from: number, to: number): void;
}

export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  /** Of a response: what comes until the connection ends (RFC 9112 §6.3 rule 8). */
  | { readonly kind: 'until-close' };

export const NO_BODY: Framing = { kind: 'none' };
export const CHUNKED: Framing = { kind: 'chunked' };
export const UNTIL_CLOSE: Framing = { kind: 'until-close' };

export const BODY_LIMITS = {
  /** Of one chunk-size line with its extensions. */
  chunkLineBytes: 4096,
  trailerBytes: 16 * 1024,
  /** A chunk size has at most so many hex digits: more than any file has bytes. */
  sizeDigits: 13,
} as const;

/** Names that a trailer must not have (RFC 9110 §6.5.1). */
export const FORBIDDEN_TRAILERS = [
  'content-length',
  'transfer-encoding',
  'host',
  'authorization',
  'connection',
] as const;

const CR = 13;
const LF = 10;
const SEMICOLON = 59;

/** Within two characters, so that a CR at the end of what came so far is none yet. */
const BARE_LINE_END = /[^\r]\n|\r[^\n]/;

type State = 'size' | 'extension' | 'size-end' | 'data' | 'data-end' | 'data-end-lf' | 'trailer';

/** The value of a hex digit; -1: none. */
function hexValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Reads one body. `feed` again with what comes next, until `isDone` or a fault. */
export class BodyReader {
  readonly #kind: Framing['kind'];
  #rest: number;
  #state: State = 'size';
  #digits = 0;
  #lineBytes = 0;
  #trailer = '';
  isDone: boolean;
  /** Set when the bytes break the rules: what follows means nothing. */
  fault: HeadFault | 'chunk' | undefined;
  /** Of a chunked body that is done. */
  trailers: HeaderList | undefined;

  constructor(framing: Framing) {
    this.#kind = framing.kind;
    this.#rest = framing.kind === 'length' ? framing.length : 0;
    this.isDone = framing.kind === 'none' || (framing.kind === 'length' && this.#rest === 0);
  }

  get kind(): Framing['kind'] {
    return this.#kind;
  }

  /** Bytes of a body of known length that are still to come. */
  get rest(): number {
    return this.#rest;
  }

  /** Where the bytes that do not belong to this body begin. */
  feed(bytes: Buffer, from: number, sink: BodySink): number {
    if (this.isDone || this.fault !== undefined) return from;
    if (this.#kind === 'chunked') return this.#feedChunks(bytes, from, sink);
    const all = bytes.length - from;
    const taken = this.#kind === 'length' ? Math.min(all, this.#rest) : all;
    if (taken > 0) sink.onContent(bytes, from, from + taken);
    if (this.#kind === 'length') {
      this.#rest -= taken;
      this.isDone = this.#rest === 0;
    }
    return from + taken;
  }

  /** The connection ended. True when the body is whole. */
  end(): boolean {
    if (this.#kind === 'until-close') this.isDone = true;
    return this.isDone;
  }

  #feedChunks(bytes: Buffer, from: number, sink: BodySink): number {
    let at = from;
    while (at < bytes.length && !this.isDone && this.fault === undefined) {
      if (this.#state === 'data') {
        const to = Math.min(bytes.length, at + this.#rest);
        sink.onContent(bytes, at, to);
        this.#rest -= to - at;
        at = to;
        if (this.#rest === 0) this.#state = 'data-end';
      } else if (this.#state === 'trailer') {
        at = this.#takeTrailer(bytes, at);
      } else {
        this.#takeFramingByte(bytes[at] as number);
        at += 1;
      }
    }
    return at;
  }

  #takeFramingByte(byte: number): void {
    switch (this.#state) {
      case 'size':
        this.#takeSize(byte);
        return;
      case 'extension':
        // RFC 9112 §7.1.1: read over. A CR must be the one that ends the line.
        this.#lineBytes += 1;
        if (byte === CR) this.#state = 'size-end';
        else if (byte === LF || (byte < 32 && byte !== 9) || byte === 127) this.fault = 'chunk';
        else if (this.#lineBytes > BODY_LIMITS.chunkLineBytes) this.fault = 'chunk';
        return;
      case 'size-end':
        if (byte !== LF) this.fault = 'chunk';
        else this.#state = this.#rest === 0 ? 'trailer' : 'data';
        return;
      case 'data-end':
        if (byte === CR) this.#state = 'data-end-lf';
        else this.fault = 'chunk';
        return;
      default:
        if (byte !== LF) this.fault = 'chunk';
        this.#state = 'size';
        this.#digits = 0;
        this.#lineBytes = 0;
        this.#rest = 0;
    }
  }

  /** RFC 9112 §7.1: hex digits, at least one, and nothing around them but an extension. */
  #takeSize(byte: number): void {
    const value = hexValue(byte);
    if (value >= 0) {
      this.#digits += 1;
      this.#rest = this.#rest * 16 + value;
      if (this.#digits > BODY_LIMITS.sizeDigits) this.fault = 'chunk';
      return;
    }
    if (this.#digits === 0) this.fault = 'chunk';
    else if (byte === CR) this.#state = 'size-end';
    else if (byte === SEMICOLON) this.#state = 'extension';
    else this.fault = 'chunk';
  }

  /** Kept as text until its empty line: trailers are short and seldom. */
  #takeTrailer(bytes: Buffer, from: number): number {
    const before = this.#trailer.length;
    this.#trailer += bytes.toString(
      'latin1',
      from,
      Math.min(bytes.length, from + BODY_LIMITS.trailerBytes),
    );
    const isEmpty = this.#trailer.startsWith('\r\n');
    const end = isEmpty ? 2 : this.#trailer.indexOf('\r\n\r\n', Math.max(0, before - 3)) + 4;
    if (!isEmpty && end === 3) {
      // What is wrong already will not end; each byte is looked at once.
      const news = this.#trailer.slice(Math.max(0, before - 1));
      if (this.#trailer.startsWith('\n') || BARE_LINE_END.test(news)) this.fault = 'line';
      if (this.#trailer.length > BODY_LIMITS.trailerBytes) this.fault = 'too-large';
      return from + this.#trailer.length - before;
    }
    if (end > BODY_LIMITS.trailerBytes) {
      this.fault = 'too-large';
      return from + end - before;
    }
    const text = this.#trailer.slice(0, end);
    const wrong = textFault(text);
    const lines = wrong ?? readHeaderLines(text, 0);
    if (typeof lines === 'string') this.fault = lines;
    else {
      this.trailers = lines.length === 0 ? undefined : lines;
      this.isDone = true;
    }
    return from + end - before;
  }
}
