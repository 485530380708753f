/** Heads as text: one string for one write. */
import type { HeaderList } from '../policy/header-list.ts';
import { statusText } from '../policy/status-text.ts';

function lines(headers: HeaderList): string {
  const { names, values } = headers;
  let text = '';
  for (let index = 0; index < names.length; index += 1) {
    text += `${names[index]}: ${values[index]}\r\n`;
  }
  return text;
}

export const requestHeadText = (method: string, target: string, headers: HeaderList): string =>
  `${method} ${target} HTTP/1.1\r\n${lines(headers)}\r\n`;

export const responseHeadText = (status: number, headers: HeaderList): string =>
  `HTTP/1.1 ${status} ${statusText(status)}\r\n${lines(headers)}\r\n`;

/** The end of a chunked body, with its trailer lines (RFC 9112 §7.1). */
export const lastChunkText = (trailers: HeaderList | undefined): string =>
  trailers === undefined ? '0\r\n\r\n' : `0\r\n${lines(trailers)}\r\n`;

/** RFC 9110 §5.6.7; made once a second. */
export function createHttpDate(): (wallMs: number) => string {
  let second = 0;
  let text = '';
  return (wallMs) => {
    const now = Math.floor(wallMs / 1000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1000).toUTCString();
    }
    return text;
  };
}
