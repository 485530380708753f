import { describe, expect, test } from 'vitest';
import { compareStep, type StepResult } from './compare-step.ts';
import { LastTimes } from './last-times.ts';
import { fromJson, toJson } from './message-json.ts';
import { responseTypeOf, typeNamed } from './message-types.ts';
import { type Change, played, playing } from './playing-bbs.ts';
import {
  HISTORY_FILES,
  type HistoryFile,
  loadHistories,
  type Observation,
  type RecordedHistory,
  type RecordedStep,
} from './recorded-history.ts';
import { replayHistories } from './replay-files.ts';
import type { HistoryResult } from './replay-history.ts';
import { Symbols } from './symbols.ts';

function compareHistory(history: RecordedHistory, change: Change): StepResult[] {
  const symbols = new Symbols();
  const lastTimes = new LastTimes();
  return history.steps.map((step) =>
    compareStep(step, change(played(step), step), symbols, lastTimes),
  );
}

const pathsOf = (results: readonly StepResult[]): string[] =>
  results.flatMap(({ differences }) => differences.map(({ path }) => path));

describe.each(HISTORY_FILES)('%s', (file) => {
  const histories = loadHistories(file);

  test('what was recorded is equal to itself', () => {
    expect(histories.length).toBeGreaterThan(0);
    for (const history of histories) {
      expect([history.id, pathsOf(compareHistory(history, (seen) => seen))]).toEqual([
        history.id,
        [],
      ]);
    }
  });

  test('every message of it survives encoding to the form of the recording', () => {
    for (const { cmd, reply } of histories.flatMap(({ steps }) => steps)) {
      if (cmd.op !== 'rpc') continue;
      const type = typeNamed(cmd.request_type);
      expect(toJson(type, fromJson(type, cmd.request))).toEqual(cmd.request);
      const responseType = responseTypeOf(cmd.path);
      expect(toJson(responseType, fromJson(responseType, reply ?? {}))).toEqual(reply);
    }
  });
});

/** Applies a change to the first step for which it makes a difference. */
function changedOnce(
  isPlace: (step: RecordedStep) => boolean,
  change: (seen: Observation) => Observation,
): string[] {
  const history = loadHistories('mixed').find(({ steps }) => steps.some(isPlace));
  if (history === undefined) throw new Error('no history has such a step');
  const place = history.steps.find(isPlace);
  return pathsOf(compareHistory(history, (seen, step) => (step === place ? change(seen) : seen)));
}

const hasRows = (step: RecordedStep): boolean => step.rows.length > 1;
const hasEvents = (step: RecordedStep): boolean =>
  (step.events.instance ?? []).some(({ events }) => events.length > 1);

describe('what is not as recorded is found', () => {
  test.each<[string, (step: RecordedStep) => boolean, (seen: Observation) => Observation, RegExp]>([
    [
      'a row is missing',
      hasRows,
      (seen) => ({ ...seen, rows: seen.rows.slice(1) }),
      /^rows\{[^}]+\}$/,
    ],
    [
      'a row too many',
      hasRows,
      (seen) => ({ ...seen, rows: [...seen.rows, { state: 'RUNNING' }] }),
      /^rows\{/,
    ],
    [
      'a row has another state',
      hasRows,
      (seen) => ({
        ...seen,
        rows: seen.rows.map((row, position) => (position === 0 ? { ...row, state: 'X' } : row)),
      }),
      /^rows\{[^}]+\}\.state$/,
    ],
    [
      'an empty message is not there',
      hasRows,
      (seen) => ({
        ...seen,
        rows: seen.rows.map(({ actual_lrp_net_info: _, ...row }) => row),
      }),
      /^rows\{[^}]+\}\.actual_lrp_net_info$/,
    ],
    [
      'two rows have one epoch',
      hasRows,
      (seen) => ({
        ...seen,
        rows: seen.rows.map((row) => ({ ...row, modification_tag: { epoch: 'epoch-number-1' } })),
      }),
      /^rows\{[^}]+\}\.modification_tag\.epoch$/,
    ],
    [
      'another reply',
      (step) => step.reply?.['error'] !== undefined,
      (seen) => ({ ...seen, reply: {} }),
      /^reply\.error$/,
    ],
    [
      'events in another order',
      hasEvents,
      (seen) => ({
        ...seen,
        events: { ...seen.events, instance: seen.events.instance.toReversed() },
      }),
      /^events\.instance\{/,
    ],
    [
      'an event is missing',
      hasEvents,
      (seen) => ({ ...seen, events: { ...seen.events, group: [] } }),
      /^events\.group\{/,
    ],
    [
      'an auction is missing',
      (step) => step.auctions.length > 0,
      (seen) => ({ ...seen, auctions: [] }),
      /^auctions$/,
    ],
    [
      'a call to a cell is missing',
      (step) => (step.rep ?? []).length > 0,
      (seen) => ({ ...seen, rep: [] }),
      /^rep$/,
    ],
    [
      'a callback comes twice',
      (step) => (step.callbacks ?? []).length > 0,
      (seen) => ({ ...seen, callbacks: [...(seen.callbacks ?? []), ...(seen.callbacks ?? [])] }),
      /^callbacks$/,
    ],
    [
      'a task has another reason',
      (step) => step.tasks.length > 0,
      (seen) => ({ ...seen, tasks: seen.tasks.map((task) => ({ ...task, result: 'other' })) }),
      /^tasks\{[^}]+\}\.result$/,
    ],
    [
      'the scheduling info has other instances',
      (step) => step.desired.length > 0,
      (seen) => ({ ...seen, desired: seen.desired.map((info) => ({ ...info, instances: 77 })) }),
      /^desired\{[^}]+\}\.instances$/,
    ],
  ])('%s', (_, isPlace, change, path) => {
    const paths = changedOnce(isPlace, change);
    expect(paths.filter((found) => path.test(found))).not.toEqual([]);
  });

  test('a time that is not the one of the row before', () => {
    let count = 0;
    const history = loadHistories('task')[0] as RecordedHistory;
    const results = compareHistory(history, (seen) => {
      count += 1;
      const tasks = seen.tasks.map((task) => ({ ...task, created_at: `${count}` }));
      return { ...seen, tasks };
    });
    expect(pathsOf(results)).toContain('tasks{h0000-t0}.created_at'.replace('h0000', history.id));
  });

  test('a row that was written again keeps its old time', () => {
    const history = loadHistories('task')[0] as RecordedHistory;
    const paths = pathsOf(
      compareHistory(history, (seen) =>
        JSON.parse(JSON.stringify(seen).replace(/"updated_at":"\d+"/g, '"updated_at":"17"')),
      ),
    );
    expect(paths.some((path) => /^tasks\{[^}]+\}\.updated_at$/.test(path))).toBe(true);
  });
});

describe('a server that plays the recording', () => {
  /** What is missing is waited for in every step. */
  const stepsPlayed = 12;

  /** Over HTTP: streams, auctions, calls to cells and callbacks take part. */
  async function replayed(
    file: HistoryFile,
    isChosen: (history: RecordedHistory) => boolean,
    change: Change,
  ): Promise<HistoryResult> {
    const history = loadHistories(file).find(isChosen);
    if (history === undefined) throw new Error('there is no such history');
    const steps = history.steps.slice(0, stepsPlayed);
    const [result] = await replayHistories(file, [{ ...history, steps }], {
      start: playing(history, change),
    });
    if (result === undefined) throw new Error('the history was not replayed');
    return result;
  }

  const hasCallback = ({ steps }: RecordedHistory): boolean =>
    steps.slice(0, stepsPlayed).some(({ callbacks }) => callbacks !== undefined);

  test.each<[HistoryFile, (history: RecordedHistory) => boolean]>([
    ['lrp', () => true],
    ['lrp2', () => true],
    ['mixed', hasCallback],
    ['task', hasCallback],
    ['scripted', () => true],
    ['random', () => true],
  ])('%s is equal', async (file, isChosen) => {
    const result = await replayed(file, isChosen, (seen) => seen);
    expect(result.differences).toEqual([]);
    expect(result.steps).toBe(result.allSteps);
  });

  test.each<[string, HistoryFile, Change, RegExp]>([
    ['rows', 'lrp', (seen) => ({ ...seen, rows: [] }), /^rows\{/],
    ['tasks', 'mixed', (seen) => ({ ...seen, tasks: [] }), /^tasks\{/],
    ['desired', 'lrp', (seen) => ({ ...seen, desired: [] }), /^desired\{/],
    ['auctions', 'lrp', (seen) => ({ ...seen, auctions: [] }), /^auctions/],
    ['callbacks', 'task', (seen) => ({ ...seen, callbacks: [] }), /^callbacks/],
    ['domains', 'random', (seen) => ({ ...seen, domains: ['other'] }), /^domains/],
    [
      'instance events',
      'lrp',
      (seen) => ({ ...seen, events: { ...seen.events, instance: [] } }),
      /^events\.instance/,
    ],
    [
      'task events',
      'task',
      (seen) => ({ ...seen, events: { ...seen.events, task: [] } }),
      /^events\.task/,
    ],
    [
      'replies',
      'lrp',
      (seen) => ({ ...seen, reply: { error: { type: 'Deadlock' } } }),
      /^reply\.error/,
    ],
  ])('other %s are reported', async (_, file, change, path) => {
    const result = await replayed(file, (own) => file !== 'task' || hasCallback(own), change);
    expect(result.differences.filter((found) => path.test(found.path))).not.toEqual([]);
  });
});
