/** Turns what a process writes into lines. */
export interface LineSplitter {
  push(chunk: Uint8Array): void;
  /** What was written last had no end of line. */
  flush(): void;
}

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/**
 * A line above `maxBytes` comes in pieces; so much is held at most. A line is a view on what was
 * pushed: it is good only during the call.
 */
export function createLineSplitter(maxBytes: number, onLine: (line: Buffer) => void): LineSplitter {
  let rest = Buffer.alloc(0);

  function emit(line: Buffer): void {
    const isWindows = line.at(-1) === CARRIAGE_RETURN;
    onLine(isWindows ? line.subarray(0, -1) : line);
  }

  return {
    push(chunk) {
      const { buffer, byteOffset, length } = chunk;
      const own = Buffer.from(buffer, byteOffset, length);
      let data = rest.length === 0 ? own : Buffer.concat([rest, own]);
      for (;;) {
        const end = data.indexOf(NEWLINE);
        if (end >= 0 && end <= maxBytes) {
          emit(data.subarray(0, end));
          data = data.subarray(end + 1);
        } else if (data.length >= maxBytes) {
          emit(data.subarray(0, maxBytes));
          data = data.subarray(maxBytes);
        } else break;
      }
      // A copy: the chunk it is part of may be large.
      rest = Buffer.from(data);
    },
    flush() {
      if (rest.length > 0) emit(rest);
      rest = Buffer.alloc(0);
    },
  };
}
