import { describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { LIFECYCLES } from '../machines/lifecycles.ts';
import { MACHINES } from '../machines/machines.ts';
import { allTransitionKeys } from '../machines/run-script.ts';
import { GAPS } from './gaps.ts';
import { coverageOf, edgesOf, mergeEdges, staleGaps } from './merge-edges.ts';
import { renderCoverage, summaryLine } from './render-coverage.ts';

const toy = setup({ guards: { isReady: () => true } }).createMachine({
  id: 'toy',
  initial: 'off',
  states: {
    off: { on: { FLIP: { guard: 'isReady', target: 'on' } } },
    on: { on: { FLIP: 'off', 'A|B': {} } },
  },
});

const line = (edge: string, machine = 'toy') => `${JSON.stringify({ machine, edge })}\n`;
const gap = { machine: 'toy', edges: ['toy.on A|B 0'], reason: 'nobody sends it' };

describe('the merge', () => {
  it('unites the files of all processes, and leaves out a line that was cut off', () => {
    const taken = mergeEdges([
      line('toy.off FLIP 0') + line('x', 'other'),
      line('toy.off FLIP 0') + line('toy.on FLIP 0').slice(0, -3),
    ]);
    expect([...taken]).toEqual([
      ['toy', new Set(['toy.off FLIP 0'])],
      ['other', new Set(['x'])],
    ]);
  });

  it('counts what a machine has, and names what is missing with its reason', () => {
    const taken = new Map([['toy', new Set(['toy.off FLIP 0', 'toy.gone FLIP 0'])]]);
    const [coverage] = coverageOf([toy], taken, [gap]);
    expect(coverage).toMatchObject({ machine: 'toy', edges: 3, taken: 1 });
    expect(coverage?.missing.map(({ key, to, reason }) => [key, to, reason])).toEqual([
      ['toy.on FLIP 0', 'toy.off', ''],
      ['toy.on A|B 0', '', 'nobody sends it'],
    ]);
  });

  it('counts nothing for a machine that never ran', () => {
    expect(coverageOf([toy], new Map(), [])).toMatchObject([{ edges: 3, taken: 0 }]);
  });

  it('finds reasons whose transition was taken', () => {
    const keys = (taken: string[]) =>
      staleGaps(coverageOf([toy], new Map([['toy', new Set(taken)]]), [gap]), [gap]);
    expect(keys([])).toEqual([]);
    expect(keys(['toy.on A|B 0'])).toEqual(['toy.on A|B 0']);
  });
});

describe('the document', () => {
  const actors = coverageOf([toy], new Map([['toy', new Set(['toy.on FLIP 0'])]]), [gap]);
  const text = renderCoverage({
    actors,
    lifecycles: [],
    files: ['test/a/'],
    passedTests: 7,
    failedTests: 0,
  });

  it('has a row for each machine and for each gap', () => {
    expect(text).toContain('| toy | 1 | 3 | 2 | 1 |');
    expect(text).toContain('| `toy.off` | `FLIP` if isReady | `toy.on` |  |');
    expect(text).toContain('| `toy.on` | `A\\|B` | stays | nobody sends it |');
    expect(text).toContain('7 tests passed and 0 failed');
    expect(summaryLine('actors', actors)).toBe('actors: 1 of 3 transitions taken');
  });
});

describe('the reasons for gaps', () => {
  const machines = [
    ...Object.values(MACHINES),
    ...Object.values(LIFECYCLES).map(({ machine }) => machine),
  ];

  it.each(machines)('are for transitions that $id has', (machine) => {
    const keys = edgesOf(machine).map(({ key }) => key);
    expect(keys).toEqual(allTransitionKeys(machine));
    expect(new Set(keys).size).toBe(keys.length);
    const named = GAPS.filter((one) => one.machine === machine.id).flatMap(({ edges }) => edges);
    expect(named.filter((edge) => !keys.includes(edge))).toEqual([]);
  });

  it('are for machines that there are, each transition once, and say something', () => {
    const ids = machines.map(({ id }) => id);
    const edges = GAPS.flatMap((one) => one.edges);
    expect(GAPS.filter(({ machine }) => !ids.includes(machine))).toEqual([]);
    expect(new Set(edges).size).toBe(edges.length);
    expect(GAPS.filter(({ reason }) => reason === '')).toEqual([]);
  });
});
