import type { AccessLogOptions } from './options.ts';
import { type AccessRecord, formatAccessJson, formatAccessLine } from './policy/access-record.ts';

/** Where finished lines go. A write must not block and may refuse. */
export interface LineSink {
  /** False: the sink is behind; the line was taken all the same or is counted as lost there. */
  write(text: string): void;
}

export interface AccessLog {
  add(record: AccessRecord): void;
  flush(): void;
}

/** Lines wait for each other so long: one write for many costs a tenth of one for each turn. */
export const ACCESS_FLUSH_MS = 20;
/** Lines are joined to one write, or earlier at this size. */
export const ACCESS_BATCH_CHARACTERS = 65_536;

/**
 * Collects lines for a moment and hands them over as one text, so that a request pays for the
 * formatting and never for the disk (the original's requests wait on a full log queue).
 */
export function createAccessLog(
  options: AccessLogOptions,
  sinks: readonly LineSink[],
  later: (fn: () => void) => void,
): AccessLog {
  const format = options.format === 'json' ? formatAccessJson : formatAccessLine;
  let batch = '';
  let isScheduled = false;

  function flush(): void {
    isScheduled = false;
    if (batch === '') return;
    const text = batch;
    batch = '';
    for (const sink of sinks) sink.write(text);
  }

  return {
    add(record) {
      if (sinks.length === 0) return;
      batch += `${format(record, options)}\n`;
      if (batch.length >= ACCESS_BATCH_CHARACTERS) flush();
      else if (!isScheduled) {
        isScheduled = true;
        later(flush);
      }
    },
    flush,
  };
}
