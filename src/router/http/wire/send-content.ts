/** Content on its way out: as it came, or in chunks (RFC 9112 §7.1). */
import type { Socket } from 'node:net';
import { SMALL_READ_BYTES } from './read-buffer.ts';

/**
 * Up to this a copy is cheaper than a second buffer for the system call. The bytes of a short read
 * are overwritten by the next one, so they must be copied in any case.
 */
const COPIED_BYTES = SMALL_READ_BYTES;

export interface Content {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

const latin1 = ({ bytes, from, to }: Content): string => bytes.toString('latin1', from, to);

/**
 * Writes `head`, if there is one, and content behind it, in one system call when they are small.
 * False: the socket is behind.
 */
export function sendContent(
  socket: Socket,
  head: string,
  content: Content | undefined,
  isChunked: boolean,
  tail: string,
): boolean {
  const size = content === undefined ? 0 : content.to - content.from;
  if (content === undefined || size === 0) {
    const text = head + tail;
    return text === '' || socket.write(text, 'latin1');
  }
  const open = isChunked ? `${size.toString(16)}\r\n` : '';
  const close = isChunked ? `\r\n${tail}` : tail;
  if (size <= COPIED_BYTES) {
    return socket.write(head + open + latin1(content) + close, 'latin1');
  }
  const { bytes, from, to } = content;
  socket.cork();
  if (head !== '' || open !== '') socket.write(head + open, 'latin1');
  let isFlowing = socket.write(bytes.subarray(from, to));
  if (close !== '') isFlowing = socket.write(close, 'latin1');
  socket.uncork();
  return isFlowing;
}
