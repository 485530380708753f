import type { HeaderPair } from './recorded-case.ts';

/**
 * A tiny reader of HTTP/1 messages in Latin-1 text (one character per byte). It reports what is
 * there and never repairs, so that the exact bytes a router wrote can be compared.
 */
export interface MessageHead {
  readonly startLine: string;
  readonly headers: readonly HeaderPair[];
  readonly end: number;
}

interface MessageBody {
  readonly body: string;
  readonly complete: boolean;
  readonly trailers: readonly HeaderPair[];
  readonly end: number;
}

export interface ParsedRequest extends MessageHead {
  readonly framing: 'content-length' | 'chunked' | undefined;
  readonly content: MessageBody;
}

export interface ParsedResponse extends MessageHead {
  readonly framing: 'content-length' | 'chunked' | 'close' | undefined;
  readonly content: MessageBody;
  readonly status: number;
}

function parseHeaderLines(lines: readonly string[]): HeaderPair[] {
  return lines.map((line) => {
    const colon = line.indexOf(':');
    if (colon < 0) return [line, ''];
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
  });
}

export function parseHead(text: string, from: number): MessageHead | undefined {
  const end = text.indexOf('\r\n\r\n', from);
  if (end < 0) return undefined;
  const [startLine = '', ...lines] = text.slice(from, end).split('\r\n');
  return { startLine, headers: parseHeaderLines(lines), end: end + 4 };
}

function headerValue(headers: readonly HeaderPair[], name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

function declaredFraming(
  headers: readonly HeaderPair[],
): { kind: 'content-length'; length: number } | { kind: 'chunked' } | undefined {
  const coding = headerValue(headers, 'transfer-encoding');
  if (coding !== undefined && /(^|,)\s*chunked\s*$/i.test(coding)) return { kind: 'chunked' };
  const length = headerValue(headers, 'content-length');
  if (length === undefined || !/^\d+$/.test(length)) return undefined;
  return { kind: 'content-length', length: Number(length) };
}

function noBody(end: number): MessageBody {
  return { body: '', complete: true, trailers: [], end };
}

function sizedBody(text: string, from: number, length: number): MessageBody {
  const body = text.slice(from, from + length);
  return { body, complete: body.length === length, trailers: [], end: from + body.length };
}

function chunkedBody(text: string, from: number): MessageBody {
  let body = '';
  let at = from;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = /^([0-9a-f]+)[ \t]*(;.*)?$/i.exec(lineEnd < 0 ? '' : text.slice(at, lineEnd))?.[1];
    if (size === undefined) return { body, complete: false, trailers: [], end: text.length };
    const length = Number.parseInt(size, 16);
    if (length === 0) return chunkedEnd(text, lineEnd + 2, body);
    const chunk = text.slice(lineEnd + 2, lineEnd + 2 + length);
    body += chunk;
    at = lineEnd + 2 + length + 2;
    if (chunk.length < length || text.slice(at - 2, at) !== '\r\n') {
      return { body, complete: false, trailers: [], end: text.length };
    }
  }
}

function chunkedEnd(text: string, from: number, body: string): MessageBody {
  if (text.startsWith('\r\n', from)) return { body, complete: true, trailers: [], end: from + 2 };
  const end = text.indexOf('\r\n\r\n', from);
  if (end < 0) return { body, complete: false, trailers: [], end: text.length };
  const trailers = parseHeaderLines(text.slice(from, end).split('\r\n'));
  return { body, complete: true, trailers, end: end + 4 };
}

export function parseRequest(text: string, from: number): ParsedRequest | undefined {
  const head = parseHead(text, from);
  if (head === undefined) return undefined;
  const declared = declaredFraming(head.headers);
  if (declared === undefined) return { ...head, framing: undefined, content: noBody(head.end) };
  const content =
    declared.kind === 'chunked'
      ? chunkedBody(text, head.end)
      : sizedBody(text, head.end, declared.length);
  return { ...head, framing: declared.kind, content };
}

/** `ended`: the sender has closed, which is what completes a body without declared length. */
export function parseResponse(
  text: string,
  from: number,
  method: string,
  ended: boolean,
): ParsedResponse | undefined {
  const head = parseHead(text, from);
  if (head === undefined) return undefined;
  const status = Number(/^HTTP\/\d\.\d (\d{3})/.exec(head.startLine)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) return undefined;
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) {
    return { ...head, status, framing: undefined, content: noBody(head.end) };
  }
  const declared = declaredFraming(head.headers);
  if (declared === undefined) {
    const body = text.slice(head.end);
    const content = { body, complete: ended, trailers: [], end: text.length };
    return { ...head, status, framing: 'close', content };
  }
  const content =
    declared.kind === 'chunked'
      ? chunkedBody(text, head.end)
      : sizedBody(text, head.end, declared.length);
  return { ...head, status, framing: declared.kind, content };
}
