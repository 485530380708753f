/** Cuts the bytes of server-sent events into events (HTML §9.2.6, as far as Diego uses it). */
import type { Readable } from 'node:stream';

export interface SentEvent {
  readonly name: string;
  readonly data: string;
}

export interface SentEventListener {
  onEvent(event: SentEvent): void;
  /** Nothing comes after this. */
  onEnd(reason: string): void;
}

const END = Buffer.from('\n\n');
/** One event, with what waits before its end: 16 MiB of a record, in base64. */
export const MAX_SENT_EVENT_BYTES = 32 * 1024 * 1024;

function parse(block: string): SentEvent {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
  }
  return { name, data: data.join('\n') };
}

export function readEventStream(stream: Readable, listener: SentEventListener): void {
  let pending: Buffer[] = [];
  let size = 0;
  let isOver = false;
  const end = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    stream.destroy();
    listener.onEnd(reason);
  };
  stream.on('data', (chunk: Buffer) => {
    if (isOver) return;
    pending.push(chunk);
    size += chunk.length;
    // The end of an event may be split over two chunks; without a line end there is none.
    if (!chunk.includes(10)) {
      if (size > MAX_SENT_EVENT_BYTES) end('an event is too large');
      return;
    }
    let rest = pending.length === 1 ? chunk : Buffer.concat(pending);
    for (let at = rest.indexOf(END); at >= 0 && !isOver; at = rest.indexOf(END)) {
      const block = rest.toString('utf8', 0, at);
      rest = rest.subarray(at + END.length);
      if (block.trim() !== '') listener.onEvent(parse(block));
    }
    pending = rest.length === 0 ? [] : [rest];
    size = rest.length;
  });
  stream.on('error', (error) => end(error.message));
  stream.on('end', () => end('the stream ended'));
  stream.on('close', () => end('the stream was closed'));
}
