import { type Verb, verbTable } from './verb-table.ts';

/** The control line of PUB or HPUB. Sizes are also kept as the text that the client sent. */
export interface PublishHead {
  readonly subject: string;
  /** Empty when no answer is expected. */
  readonly reply: string;
  /** 0 for PUB. */
  readonly headerBytes: number;
  readonly headerText: string;
  readonly totalBytes: number;
  readonly totalText: string;
}

/** `unknown-operation` and `control-line` have an -ERR text, `violation` is a silent close. */
export type ProtocolProblem = 'unknown-operation' | 'control-line' | 'violation' | 'not-connected';

/** Receives what was parsed. False from any of them means: closed, parse no further. */
export interface ProtocolSink {
  /** True while nothing but CONNECT may come (cfv1.md §10.3). */
  readonly mustConnectFirst: boolean;
  onConnect(json: string): boolean;
  onPublishHead(head: PublishHead, isHeaderPublish: boolean): boolean;
  /** The payload includes the header block. It is a slice of the chunk where that is possible. */
  onPublish(head: PublishHead, payload: Buffer): boolean;
  onSubscribe(subject: string, queue: string, sid: string): boolean;
  /** `max` is -1 when absent or not a number. */
  onUnsubscribe(sid: string, max: number): boolean;
  onPing(): boolean;
  onPong(): boolean;
  onInfo(json: string): boolean;
  onProblem(problem: ProtocolProblem): void;
}

type Phase =
  | 'verb'
  /** A blank has to follow the verb. */
  | 'blank'
  | 'blanks'
  | 'line'
  /** Arguments that are ignored up to the end of line: PING, PONG, +OK. */
  | 'skip'
  | 'payload'
  | 'payload-cr'
  | 'payload-lf';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const UPPER_C = 0x43;
const LOWER_C = 0x63;
/** nats-server takes sizes of at most nine digits. */
const SIZE_DIGITS_MAX = 9;

const PHASE_AFTER: Readonly<Record<Verb, Phase>> = {
  CONNECT: 'blanks',
  INFO: 'blanks',
  PUB: 'blank',
  HPUB: 'blank',
  SUB: 'blank',
  UNSUB: 'blank',
  '-ERR': 'blank',
  PING: 'skip',
  PONG: 'skip',
  '+OK': 'skip',
};

/**
 * The client protocol as a byte-level state machine (cfv1.md §10.1): any chunk boundaries give the
 * same operations. Only a control line or payload that is cut by a boundary is copied.
 */
export class ProtocolParser {
  readonly #sink: ProtocolSink;
  readonly #controlLineMaxBytes: number;
  #phase: Phase = 'verb';
  #verbState = 0;
  #verb: Verb = 'PING';
  /** The part of a control line that came with earlier chunks. */
  #line = '';
  #head: PublishHead | undefined;
  /** The payload so far, when a chunk boundary cuts it. */
  #gathered: Buffer | undefined;
  #gatheredBytes = 0;
  /** The whole payload, while its CR LF is awaited. */
  #payload: Buffer | undefined;

  constructor(sink: ProtocolSink, controlLineMaxBytes: number) {
    this.#sink = sink;
    this.#controlLineMaxBytes = controlLineMaxBytes;
  }

  /** Not to be called again after the sink answered false or was told of a problem. */
  parse(chunk: Buffer): void {
    let at = 0;
    while (at >= 0 && at < chunk.length) at = this.#step(chunk, at);
  }

  /** Where to go on; negative when the connection is over. */
  #step(chunk: Buffer, at: number): number {
    switch (this.#phase) {
      case 'verb':
        return this.#readVerb(chunk, at);
      case 'blank':
        if (!isBlank(chunk[at])) return this.#fail('unknown-operation');
        this.#phase = 'blanks';
        return at + 1;
      case 'blanks':
        if (isBlank(chunk[at])) return at + 1;
        this.#phase = 'line';
        return at;
      case 'line':
        return this.#readLine(chunk, at);
      case 'skip':
        return this.#skipLine(chunk, at);
      case 'payload':
        return this.#readPayload(chunk, at);
      case 'payload-cr':
        if (chunk[at] !== CR) return this.#fail('unknown-operation');
        this.#phase = 'payload-lf';
        return at + 1;
      case 'payload-lf':
        if (chunk[at] !== LF) return this.#fail('unknown-operation');
        return this.#endPublish(at + 1);
    }
  }

  #fail(problem: ProtocolProblem): number {
    this.#sink.onProblem(problem);
    return -1;
  }

  #next(isOpen: boolean, at: number): number {
    this.#phase = 'verb';
    this.#verbState = 0;
    return isOpen ? at : -1;
  }

  #readVerb(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length) {
      const byte = chunk[at] ?? 0;
      if (this.#verbState === 0 && this.#sink.mustConnectFirst) {
        if (byte !== UPPER_C && byte !== LOWER_C) return this.#fail('not-connected');
      }
      const state = verbTable.next[this.#verbState * 256 + byte] ?? 0;
      if (state === 0) return this.#fail('unknown-operation');
      this.#verbState = state;
      at += 1;
      const verb = verbTable.verbAt[state];
      if (verb !== undefined) {
        this.#verb = verb;
        this.#phase = PHASE_AFTER[verb];
        return at;
      }
    }
    return at;
  }

  #readLine(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(LF, at);
    const stop = end < 0 ? chunk.length : end;
    // A CR may still be the end of line, so that one more byte than the limit can be in order.
    if (this.#line.length + stop - at > this.#controlLineMaxBytes + 1) {
      return this.#fail('control-line');
    }
    const text = this.#line + chunk.toString('latin1', at, stop);
    if (end < 0) {
      this.#line = text;
      return stop;
    }
    this.#line = '';
    const line = text.charCodeAt(text.length - 1) === CR ? text.slice(0, -1) : text;
    if (line.length > this.#controlLineMaxBytes) return this.#fail('control-line');
    return this.#endLine(line, end + 1);
  }

  #skipLine(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(LF, at);
    if (end < 0) return chunk.length;
    if (this.#verb === 'PING') return this.#next(this.#sink.onPing(), end + 1);
    if (this.#verb === 'PONG') return this.#next(this.#sink.onPong(), end + 1);
    return this.#next(true, end + 1);
  }

  #endLine(line: string, at: number): number {
    switch (this.#verb) {
      case 'PUB':
        return this.#endPublishLine(parsePublish(splitBlanks(line)), false, at);
      case 'HPUB':
        return this.#endPublishLine(parseHeaderPublish(splitBlanks(line)), true, at);
      case 'SUB': {
        const args = splitArguments(line);
        const [subject, second, third] = args;
        if (subject === undefined || second === undefined || args.length > 3) break;
        const queue = third === undefined ? '' : second;
        return this.#next(this.#sink.onSubscribe(subject, queue, third ?? second), at);
      }
      case 'UNSUB': {
        const args = splitArguments(line);
        const [sid, max] = args;
        if (sid === undefined || args.length > 2) break;
        return this.#next(this.#sink.onUnsubscribe(sid, parseSize(max ?? '')), at);
      }
      case 'CONNECT':
        return this.#next(this.#sink.onConnect(line), at);
      case 'INFO':
        return this.#next(this.#sink.onInfo(line), at);
      default:
        break;
    }
    // Also a client's -ERR ends here: nats-server takes it as the client's wish to close.
    return this.#fail('violation');
  }

  #endPublishLine(head: PublishHead | undefined, isHeaderPublish: boolean, at: number): number {
    if (head === undefined) return this.#fail('violation');
    if (!this.#sink.onPublishHead(head, isHeaderPublish)) return -1;
    this.#head = head;
    this.#phase = 'payload';
    if (head.totalBytes > 0) return at;
    this.#payload = EMPTY;
    this.#phase = 'payload-cr';
    return at;
  }

  #readPayload(chunk: Buffer, at: number): number {
    const total = this.#head?.totalBytes ?? 0;
    if (this.#gathered === undefined && chunk.length - at >= total) {
      this.#payload = chunk.subarray(at, at + total);
      this.#phase = 'payload-cr';
      return at + total;
    }
    this.#gathered ??= Buffer.allocUnsafeSlow(total);
    const take = Math.min(total - this.#gatheredBytes, chunk.length - at);
    chunk.copy(this.#gathered, this.#gatheredBytes, at, at + take);
    this.#gatheredBytes += take;
    if (this.#gatheredBytes === total) {
      this.#payload = this.#gathered;
      this.#gathered = undefined;
      this.#gatheredBytes = 0;
      this.#phase = 'payload-cr';
    }
    return at + take;
  }

  #endPublish(at: number): number {
    const head = this.#head;
    const payload = this.#payload;
    this.#head = undefined;
    this.#payload = undefined;
    if (head === undefined || payload === undefined) return this.#fail('violation');
    return this.#next(this.#sink.onPublish(head, payload), at);
  }
}

const EMPTY = Buffer.alloc(0);

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

/** Runs of blanks separate arguments: old clients write two where the reply is empty. */
function splitBlanks(line: string): string[] {
  return splitAt(line, false);
}

/** SUB and UNSUB take a CR for a blank as well, as nats-server does. */
function splitArguments(line: string): string[] {
  return splitAt(line, true);
}

function splitAt(line: string, isCrBlank: boolean): string[] {
  const args: string[] = [];
  let start = -1;
  for (let at = 0; at < line.length; at += 1) {
    const code = line.charCodeAt(at);
    if (code === SPACE || code === TAB || (isCrBlank && code === CR)) {
      if (start >= 0) args.push(line.slice(start, at));
      start = -1;
    } else if (start < 0) start = at;
  }
  if (start >= 0) args.push(line.slice(start));
  return args;
}

/** -1 when it is not a number of one to nine digits. */
function parseSize(text: string): number {
  if (text.length === 0 || text.length > SIZE_DIGITS_MAX) return -1;
  let size = 0;
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    size = size * 10 + digit;
  }
  return size;
}

function parsePublish(args: readonly string[]): PublishHead | undefined {
  const [subject, second, third] = args;
  if (subject === undefined || second === undefined || args.length > 3) return undefined;
  const totalText = third ?? second;
  const reply = third === undefined ? '' : second;
  const totalBytes = parseSize(totalText);
  if (totalBytes < 0) return undefined;
  return { subject, reply, headerBytes: 0, headerText: '', totalBytes, totalText };
}

function parseHeaderPublish(args: readonly string[]): PublishHead | undefined {
  if (args.length < 3 || args.length > 4) return undefined;
  const [subject = '', reply = ''] = args.length === 4 ? args : [args[0]];
  const [headerText = '', totalText = ''] = args.slice(-2);
  const headerBytes = parseSize(headerText);
  const totalBytes = parseSize(totalText);
  if (headerBytes < 0 || totalBytes < 0 || headerBytes > totalBytes) return undefined;
  return { subject, reply, headerBytes, headerText, totalBytes, totalText };
}
