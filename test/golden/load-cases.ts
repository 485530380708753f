import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedCase, Step } from './recorded-case.ts';

const dataDirectory = join(import.meta.dirname, 'data');

/** Every recorded line as it stands in the files, for checks that want unknown keys too. */
export function loadRawCases(): unknown[] {
  const files = readdirSync(dataDirectory).filter((file) => file.endsWith('.jsonl'));
  return files.sort().flatMap((file) =>
    readFileSync(join(dataDirectory, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line)),
  );
}

/** test/golden/data.test.ts proves that the data has no key which the types do not name. */
export function loadCases(): RecordedCase[] {
  return loadRawCases() as RecordedCase[];
}

/** A case without `steps` is one request; it is replayed as a single step. */
export function stepsOf(recorded: RecordedCase): readonly Step[] {
  if (recorded.steps !== undefined) return recorded.steps;
  const { request, to, tls, methods, timeoutMs, count, jsonShape, expected } = recorded;
  return [
    {
      do: 'request',
      ...(request === undefined ? {} : { request }),
      ...(to === undefined ? {} : { to }),
      ...(tls === undefined ? {} : { tls }),
      ...(methods === undefined ? {} : { methods }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(count === undefined ? {} : { count }),
      ...(jsonShape === undefined ? {} : { jsonShape }),
      ...(expected === undefined ? {} : { expected }),
    },
  ];
}

/** A case that starts a router of its own shares none with other cases. */
export function startsOwnRouter(recorded: RecordedCase): boolean {
  return (recorded.steps ?? []).some((step) => step.do === 'startRouter');
}
