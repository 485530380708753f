import { closeSync, createWriteStream, openSync } from 'node:fs';

/** Bytes that may wait for a slow disk before lines are dropped and counted. */
export const FILE_LINES_PENDING_BYTES = 16 * 1024 * 1024;

export interface FileLines {
  write(text: string): void;
  /** Lines dropped because the disk was too slow or failed. */
  readonly droppedLines: number;
  close(): Promise<void>;
}

const countLines = (text: string): number => text.split('\n').length - 1;

/**
 * Appends text to a file without ever making the caller wait. Throws at opening when the file
 * cannot be written: that is a mistake in the configuration.
 */
export function openFileLines(path: string): FileLines {
  const fd = openSync(path, 'a');
  const stream = createWriteStream(path, { fd, autoClose: false });
  let droppedLines = 0;
  let hasFailed = false;
  let isClosed = false;
  stream.on('error', () => {
    hasFailed = true;
  });
  return {
    write(text) {
      // What still ends may log after the last flush; a write now would break the stream.
      if (hasFailed || isClosed || stream.writableLength > FILE_LINES_PENDING_BYTES) {
        droppedLines += countLines(text);
      } else stream.write(text);
    },
    get droppedLines() {
      return droppedLines;
    },
    close: () =>
      new Promise((resolve) => {
        const done = () => {
          closeSync(fd);
          resolve();
        };
        isClosed = true;
        if (hasFailed) done();
        else stream.end(done);
      }),
  };
}
