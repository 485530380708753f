/** A status line and its headers (RFC 9112 §4). */
import type { HeaderList } from '../../policy/header-list.ts';
import { type HeadFault, readHeaderLines, textFault } from './read-head.ts';

export interface ReadResponse {
  readonly status: number;
  readonly version: string;
  readonly headers: HeaderList;
}

const STATUS_LINE = /^HTTP\/([0-9]\.[0-9]) ([0-9]{3})(?: [^\r\n]*)?\r\n/;

/** `text` is a whole head with its empty line. */
export function readResponseHead(text: string): ReadResponse | HeadFault {
  const wrongText = textFault(text);
  if (wrongText !== undefined) return wrongText;
  const line = STATUS_LINE.exec(text);
  if (line === null) return 'start-line';
  const status = Number(line[2]);
  // RFC 9110 §15: three digits, the first from 1 on.
  if (status < 100) return 'start-line';
  const headers = readHeaderLines(text, line[0].length);
  if (typeof headers === 'string') return headers;
  return { status, version: line[1] as string, headers };
}
