/** A request line and its headers (RFC 9112 §3). */
import type { HeaderList } from '../../policy/header-list.ts';
import { isToken } from './header-names.ts';
import { type HeadFault, readHeaderLines, textFault } from './read-head.ts';

export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  /** `1.0`, `1.1`, or one that the caller refuses. */
  readonly version: string;
  readonly headers: HeaderList;
}

export interface RequestFault {
  readonly fault: HeadFault;
  /** Of a request line that says another version. */
  readonly version: string;
}

const fault = (own: HeadFault, version = ''): RequestFault => ({ fault: own, version });

/** The same few methods come again and again. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT']);

/** RFC 9112 §3.2: no space and no control character; bytes above ASCII are no target either. */
const TARGET = /^[\x21-\x7e]+$/;

/** `text` is a whole head with its empty line. */
export function readRequestHead(text: string): ReadRequest | RequestFault {
  const wrongText = textFault(text);
  if (wrongText === 'line') return fault(wrongText);
  const lineEnd = text.indexOf('\r\n');
  const methodEnd = text.indexOf(' ');
  const targetEnd = text.indexOf(' ', methodEnd + 1);
  // RFC 9112 §3: exactly one space between the parts; without a version it is HTTP/0.9.
  if (methodEnd <= 0 || targetEnd <= methodEnd + 1 || targetEnd > lineEnd) {
    return fault('start-line');
  }
  const method = text.slice(0, methodEnd);
  if (!METHODS.has(method) && !isToken(method)) return fault('start-line');
  // The preface of HTTP/2 is no request (RFC 9113 §3.4).
  if (method === 'PRI') return fault('start-line');
  const target = text.slice(methodEnd + 1, targetEnd);
  if (!TARGET.test(target)) return fault('start-line');
  const protocol = text.slice(targetEnd + 1, lineEnd);
  const version = protocol === 'HTTP/1.1' ? '1.1' : versionOf(protocol);
  if (version === undefined) return fault('start-line');
  if (version !== '1.1' && version !== '1.0') return fault('version', version);
  if (wrongText !== undefined) return fault(wrongText);
  const headers = readHeaderLines(text, lineEnd + 2);
  return typeof headers === 'string' ? fault(headers) : { method, target, version, headers };
}

/** A request line of HTTP/0.9 has no version, and its sender waits for the answer at once. */
export function isOldRequest(bytes: Buffer, from: number): boolean {
  const end = bytes.indexOf('\r\n', from);
  return (
    end !== -1 && !/ HTTP\/[0-9.]*$/.test(bytes.toString('latin1', Math.max(from, end - 12), end))
  );
}

/** RFC 9112 §2.3: one digit, a dot, one digit; case matters. */
function versionOf(protocol: string): string | undefined {
  return /^HTTP\/([0-9]\.[0-9])$/.exec(protocol)?.[1];
}
