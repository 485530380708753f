import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { openLmdbStore } from '../../src/adapters/store/lmdb-store.ts';
import type { KeyValue, StoreEvent } from '../../src/ports/store.ts';
import { sleep, value } from './contract/kit.ts';
import { bodyOf, keysOf, numberOf, WRITERS } from './crash-plan.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const WRITER = fileURLToPath(new URL('./crash-writer.ts', import.meta.url));

interface Line {
  readonly type: 'open' | 'sent' | 'acked';
  readonly writer: number;
  readonly number: number;
  readonly revision: number;
  readonly openMs: number;
}

/** What the parent knows of all rounds so far. */
interface Known {
  readonly sent: number[];
  readonly acked: number[];
  revision: number;
}

export interface CrashReport {
  rounds: number;
  acked: number;
  readonly problems: string[];
  readonly openMs: number[];
}

/** Runs the writer, kills it at a time of its own life, and gives what it said. */
async function runAndKill(directory: string, lifeMs: number): Promise<Line[]> {
  const child = spawn(process.execPath, [WRITER, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  let isOpen: (() => void) | undefined;
  const opened = new Promise<void>((resolve) => {
    isOpen = resolve;
  });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    isOpen?.();
  });
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  await Promise.race([opened, closed]);
  await sleep(lifeMs);
  child.kill('SIGKILL');
  await closed;
  // The last line may be cut: it was not said.
  const whole = output.slice(0, output.lastIndexOf('\n') + 1).trimEnd();
  return whole.split('\n').map((line) => JSON.parse(line) as Line);
}

function note(lines: readonly Line[], known: Known, report: CrashReport): void {
  for (const { type, writer, number, revision, openMs } of lines) {
    if (type === 'open') {
      report.openMs.push(openMs);
      if (revision < known.revision) report.problems.push(`opened at revision ${revision}`);
    }
    if (type === 'sent') known.sent[writer] = number;
    if (type === 'acked') {
      report.acked += 1;
      known.acked[writer] = number;
      known.revision = Math.max(known.revision, revision);
    }
  }
}

function problemsOfWriter(kvs: ReadonlyMap<string, KeyValue>, known: Known, writer: number) {
  const problems: string[] = [];
  const acked = known.acked[writer] ?? 0;
  const [a, b] = ['a', 'b'].map((name) => kvs.get(`w/${writer}/${name}`));
  const number = a === undefined ? 0 : numberOf(a.value);
  if (number < acked) problems.push(`writer ${writer}: ${number} found, ${acked} acknowledged`);
  if (number > (known.sent[writer] ?? 0)) problems.push(`writer ${writer}: ${number} never sent`);
  if (a?.modRevision !== b?.modRevision) problems.push(`writer ${writer}: half a transaction`);
  const many = Math.floor(number / 11) * 11;
  for (const key of number === 0 ? [] : keysOf(writer, many === 0 ? number : many)) {
    const kv = kvs.get(key);
    const expected = key.includes('/many/') ? many : number;
    const isWhole = kv !== undefined && Buffer.compare(kv.value, bodyOf(expected)) === 0;
    if (!isWhole) problems.push(`${key} does not hold ${expected}`);
  }
  return problems;
}

/** Replays the kept history: it must lead to the state that is listed. */
async function inspect(directory: string, known: Known, report: CrashReport): Promise<void> {
  const opened = await openLmdbStore({ clock: createRealClock(), directory });
  if (!opened.ok) {
    report.problems.push(`does not open: ${opened.error.message}`);
    return;
  }
  const store = opened.value;
  const listed = value(await store.range('w/'));
  const kvs = new Map(listed.kvs.map((kv) => [kv.key, kv]));
  if (listed.revision < known.revision) report.problems.push(`revision fell: ${listed.revision}`);
  for (let writer = 0; writer < WRITERS; writer += 1) {
    report.problems.push(...problemsOfWriter(kvs, known, writer));
  }
  const last = new Map<string, StoreEvent>();
  const from = Math.max(2, listed.revision - 100);
  let told = from - 1;
  const watch = store.watch('w/', from, {
    onEvents(events, revision) {
      if (revision !== told + 1) report.problems.push(`the history skips ${told + 1}`);
      told = revision;
      for (const event of events) last.set(event.key, event);
    },
    onEnd: (error) => report.problems.push(`the watch ended: ${error.code}`),
  });
  await sleep(0);
  if (told !== listed.revision) report.problems.push(`the history ends at ${told}`);
  for (const event of last.values()) {
    const kv = kvs.get(event.key);
    if (kv?.modRevision !== event.modRevision)
      report.problems.push(`${event.key}: history differs`);
  }
  watch.cancel();
  await store.close();
  known.revision = listed.revision;
}

export async function crashRounds(rounds: number): Promise<CrashReport> {
  const directory = temporaryDirectory();
  const report: CrashReport = { rounds: 0, acked: 0, problems: [], openMs: [] };
  const known: Known = { sent: [], acked: [], revision: 0 };
  for (let round = 0; round < rounds && report.problems.length === 0; round += 1) {
    note(await runAndKill(directory, Math.random() * 150), known, report);
    await inspect(directory, known, report);
    report.rounds += 1;
  }
  rmSync(directory, { recursive: true });
  return report;
}
