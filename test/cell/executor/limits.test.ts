import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  begin,
  executorKit,
  inState,
  type Kit,
  lrp,
  node,
  outcome,
  processesOf,
  request,
  shell,
  until,
} from '../support/executor-kit.ts';

let kit: Kit;
beforeEach(() => {
  kit = executorKit();
});
afterEach(async () => {
  expect(await kit.close()).toEqual([]);
});

/** How late a timer of this process came at most while the work was done. */
async function latenessWhile(work: () => Promise<unknown>): Promise<number> {
  let worstMs = 0;
  let lastMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    worstMs = Math.max(worstMs, nowMs - lastMs - 10);
    lastMs = nowMs;
  }, 10);
  await work();
  clearInterval(timer);
  return worstMs;
}

describe('memory', () => {
  it('above the limit ends the container', async () => {
    const hog = `const kept = []; setInterval(() => kept.push(Buffer.alloc(8 << 20, 1)), 10);`;
    const result = await outcome(kit, lrp('a'), request(node(hog), { memoryMb: 128 }));
    expect(result?.failureReason).toBe('APP: Exited with status 137 (out of memory)');
    expect(kit.lines()).toContain('APP Exit status 137 (out of memory)');
  });

  it('of all processes together counts, those in the background included', async () => {
    const hog = `const kept = Buffer.alloc(60 << 20, 1); setInterval(() => kept, 1000);`;
    const script = `for i in 1 2 3; do setsid "$N" -e "$HOG" & done; sleep 60`;
    const env = [
      { name: 'N', value: process.execPath },
      { name: 'HOG', value: hog },
    ];
    const result = await outcome(kit, lrp('a'), request(shell(script, { env }), { memoryMb: 150 }));
    expect(result?.failureReason).toBe('APP: Exited with status 137 (out of memory)');
  });

  it('and processor time are told', async () => {
    begin(kit, lrp('a'), request(node('for (;;) {}')));
    await until('figures', () => (kit.executor.figures('a')?.cpuMs ?? 0) > 100);
    expect(kit.executor.figures('a')?.memoryBytes).toBeGreaterThan(10 << 20);
    expect(kit.executor.figures('a')?.processes).toBe(1);
  });
});

/** Doubles ten times at most, so that a test that fails does not take the machine with it. */
const storm = (start: string): string =>
  `n=$1; [ $n -gt 0 ] || exec sleep 30; ${start} sh -c "$0" "$0" $((n - 1)) & ` +
  `${start} sh -c "$0" "$0" $((n - 1)) & wait`;

describe('processes', () => {
  it.each([
    ['in their group', ''],
    ['in groups of their own', 'setsid'],
    ['without the mark, and in groups of their own', 'env -i setsid'],
  ])('that multiply, %s, are ended', async (_name, start) => {
    await kit.close();
    kit = executorKit({ options: { maxPids: 40 } });
    const env = [{ name: 'S', value: storm(start) }];
    const own = request(shell('sh -c "$S" "$S" 8', { env }));
    const lateMs = await latenessWhile(async () => {
      const result = await outcome(kit, lrp('a'), own);
      expect(result?.failureReason).toBe('APP: Exited with status 137 (too many processes)');
    });
    expect(processesOf(kit.directory)).toEqual([]);
    expect(lateMs).toBeLessThan(2000);
  });

  it('above what the container may have end it', async () => {
    const script = 'for i in 1 2 3 4 5 6 7 8; do sleep 60 & done; wait';
    const result = await outcome(kit, lrp('a', { maxPids: 5 }), request(shell(script)));
    expect(result?.failureReason).toBe('APP: Exited with status 137 (too many processes)');
  });
});

describe('disk', () => {
  it('above what was allocated ends the container', async () => {
    const script = 'head -c 3000000 /dev/zero > big; sleep 60';
    const result = await outcome(kit, lrp('a', { diskMb: 2 }), request(shell(script)));
    expect(result?.failureReason).toBe('APP: Exited with status 137 (disk quota exceeded)');
  });
});

describe('output', () => {
  it('without end neither fills the memory nor blocks the node', async () => {
    let told = 0;
    kit.executor.logs.follow('app-1', ({ text }) => {
      if (/^log rate limit exceeded: \d+ lines dropped$/.test(text)) told += 1;
    });
    begin(kit, lrp('a'), request(shell('yes abcdefgh & yes "" & cat /dev/zero')));
    await inState(kit, 'a', 'running');
    const before = process.memoryUsage().rss;
    const lateMs = await latenessWhile(() => new Promise((resolve) => setTimeout(resolve, 2500)));
    const grown = process.memoryUsage().rss - before;
    expect(grown).toBeLessThan(100 << 20);
    expect(lateMs).toBeLessThan(1000);
    expect(told).toBeGreaterThanOrEqual(1);
    expect(told).toBeLessThanOrEqual(3);
    expect(kit.lines().length).toBeLessThanOrEqual(1000);
  });

  it('comes as lines of both streams, the last without its end', async () => {
    const script = 'printf "one\\ntwo\\r\\nthr"; printf ee; sleep 0.1; printf bad >&2';
    await outcome(kit, lrp('a'), request(shell(script)));
    const lines = kit.executor.logs.recent('app-1').filter(({ source }) => source === 'APP');
    expect(lines.map(({ text, stream }) => `${stream} ${text}`).toSorted()).toEqual([
      'err bad',
      'out Exit status 0',
      'out one',
      'out three',
      'out two',
    ]);
    expect(lines[0]).toMatchObject({ instanceGuid: 'a', index: 2 });
  });

  it('is not logged when the action says so', async () => {
    await outcome(kit, lrp('a'), request(shell('echo loud', { suppress_log_output: true })));
    expect(kit.lines()).not.toContain('APP loud');
  });
});
