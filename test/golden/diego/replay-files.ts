import { type HistoryFile, isConvergence, type RecordedHistory } from './recorded-history.ts';
import { type HistoryResult, Lane } from './replay-history.ts';
import { type StartBbs, startBbs } from './under-test.ts';

/** A server serves so many histories, one after another: ids never come twice. */
const historiesPerServer = 12;
const lanesAtOnce = 6;

export interface ReplayOptions {
  readonly start?: StartBbs;
  readonly onResult?: (result: HistoryResult) => void;
}

async function replayOnOneServer(
  histories: readonly RecordedHistory[],
  { start = startBbs, onResult }: ReplayOptions,
): Promise<HistoryResult[]> {
  const lane = new Lane(start);
  const results: HistoryResult[] = [];
  try {
    await lane.start();
    for (const history of histories) {
      const result = await lane.replay(history);
      results.push(result);
      onResult?.(result);
    }
  } finally {
    await lane.stop();
  }
  return results;
}

function inGroups(histories: readonly RecordedHistory[], size: number): RecordedHistory[][] {
  const count = Math.ceil(histories.length / size);
  return Array.from({ length: count }, (_, group) =>
    histories.slice(group * size, (group + 1) * size),
  );
}

/** A convergence pass looks at everything that is stored, so those histories share nothing. */
export async function replayHistories(
  file: HistoryFile,
  histories: readonly RecordedHistory[],
  options: ReplayOptions = {},
): Promise<HistoryResult[]> {
  const groups = inGroups(histories, isConvergence(file) ? 1 : historiesPerServer);
  const results: HistoryResult[] = [];
  const work = groups.values();
  const lane = async (): Promise<void> => {
    for (const group of work) results.push(...(await replayOnOneServer(group, options)));
  };
  await Promise.all(Array.from({ length: lanesAtOnce }, lane));
  return results.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}
