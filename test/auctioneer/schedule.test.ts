/** Every sentence of diego.md §13.2 on order, score, zones, filters and texts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LrpAuction, TaskAuction } from '../../src/auctioneer/schedule/auction-request.ts';
import { CellCopy } from '../../src/auctioneer/schedule/cell-copy.ts';
import type { CellState } from '../../src/auctioneer/schedule/cell-state.ts';
import { auction, cellState, lrp, RULES, type Rules, task } from './schedule-kit.ts';

describe('the order in which places are given out', () => {
  const order = (lrps: LrpAuction[], tasks: TaskAuction[] = []): string[] =>
    auction([cellState('c', { total: 1000 })], { lrps, tasks }).placed.map(
      (line) => line.split(' ')[0] ?? '',
    );

  it('is first instances, tasks, further instances', () => {
    const lrps = [lrp('a', 2), lrp('a', 0), lrp('b', 1), lrp('b', 0)];
    expect(order(lrps, [task('t')])).toEqual(['a.0', 'b.0', 't', 'b.1', 'a.2']);
  });

  it('is by index, then large before small', () => {
    const lrps = [
      lrp('small', 1, { memoryMb: 1 }),
      lrp('late', 2, { memoryMb: 50 }),
      lrp('large', 1, { memoryMb: 9 }),
    ];
    expect(order(lrps)).toEqual(['large.1', 'small.1', 'late.2']);
  });

  it('is large before small for tasks', () => {
    const tasks = [task('small', { memoryMb: 1 }), task('large', { memoryMb: 2 })];
    expect(order([], tasks)).toEqual(['large', 'small']);
  });

  it('does not copy the slip that places first instances alone after the tasks', () => {
    expect(order([lrp('a')], [task('t')])).toEqual(['a.0', 't']);
  });
});

describe('the score', () => {
  const scoreOf = (state: CellState, rules: Partial<Rules> = {}, own = lrp('a')): number =>
    new CellCopy(state, '', { ...RULES, ...rules }).scoreForLrp(own);

  it('is (memory + disk + containers) / 3 after placement', () => {
    expect(scoreOf(cellState('c'))).toBeCloseTo((0.1 + 0.1 + 0.01) / 3, 10);
    const half = cellState('c', { memory: 50, disk: 80, containers: 30 });
    expect(scoreOf(half)).toBeCloseTo((0.6 + 0.3 + 0.71) / 3, 10);
  });

  it('takes the memory of the proxy into account', () => {
    const plain = scoreOf(cellState('c'));
    expect(scoreOf(cellState('c', { proxyMemoryMb: 30 }))).toBeCloseTo(plain + 0.1, 10);
  });

  it.each<[string, Parameters<typeof cellState>[1], Partial<Rules>, number]>([
    ['0.25 per container that starts', { startingContainers: 3 }, {}, 0.75],
    ['its weight, when given', { startingContainers: 3 }, { startingContainerWeight: 2 }, 6],
    ['1000 per instance of the same LRP', { processGuids: ['a', 'x', 'a'] }, {}, 2000],
    ['1 per instance in 2015', { processGuids: ['a', 'a'] }, { generation: '2015' }, 2],
    [
      'nothing per starting container in 2015',
      { startingContainers: 3 },
      { generation: '2015' },
      0,
    ],
    ['nothing by the index of the cell', { cellIndex: 7 }, {}, 0],
    ['the index times its weight', { cellIndex: 7 }, { binPackFirstFitWeight: 0.5 }, 3.5],
  ])('adds %s', (_name, given, rules, wanted) => {
    const added = scoreOf(cellState('c', given), rules) - scoreOf(cellState('c'), rules);
    expect(added).toBeCloseTo(wanted, 10);
  });

  it('of a task counts tasks in place of instances', () => {
    const score = (given: object, generation: 'today' | '2015' = 'today') =>
      new CellCopy(cellState('c', given), '', { ...RULES, generation }).scoreForTask(task('t'));
    expect(score({ tasks: 2 }) - score({})).toBeCloseTo(2000, 8);
    expect(score({ tasks: 2 }, '2015') - score({}, '2015')).toBeCloseTo(2, 8);
    expect(score({ startingContainers: 2 }) - score({})).toBeCloseTo(0.5, 8);
    expect(score({ cellIndex: 9 })).toBe(score({}));
  });

  it('decides: the lowest wins, and of equal ones the first', () => {
    const full = cellState('full', { memory: 40 });
    const empty = cellState('empty');
    expect(auction([full, empty], { lrps: [lrp('a')] }).placed).toEqual(['a.0 → empty']);
    expect(auction([cellState('1'), cellState('2')], { lrps: [lrp('a')] }).placed).toEqual([
      'a.0 → 1',
    ]);
  });

  it('counts what was placed a moment ago', () => {
    const cells = [cellState('1'), cellState('2')];
    const lrps = [lrp('a', 0), lrp('a', 1), lrp('a', 2), lrp('a', 3)];
    const { placed } = auction(cells, { lrps });
    expect(placed).toEqual(['a.0 → 1', 'a.1 → 2', 'a.2 → 1', 'a.3 → 2']);
    const tasks = [task('s'), task('t')];
    expect(auction(cells, { tasks }).placed).toEqual(['s → 1', 't → 2']);
  });
});

describe('zones', () => {
  const inZone = (cellId: string, zone: string, given: object = {}) =>
    cellState(cellId, { zone, ...given });

  it('with the fewest instances of the same LRP come first, however full they are', () => {
    const cells = [
      inZone('a1', 'za', { processGuids: ['a'] }),
      inZone('a2', 'za'),
      inZone('b1', 'zb', { memory: 10 }),
    ];
    expect(auction(cells, { lrps: [lrp('a', 1)] }).placed).toEqual(['a.1 → b1']);
  });

  it('that are equal in that are searched together', () => {
    const cells = [inZone('a1', 'za', { memory: 50 }), inZone('b1', 'zb', { memory: 90 })];
    expect(auction(cells, { lrps: [lrp('a')] }).placed).toEqual(['a.0 → b1']);
  });

  it('without room are passed over', () => {
    const cells = [inZone('a1', 'za', { memory: 5 }), inZone('b1', 'zb', { processGuids: ['a'] })];
    expect(auction(cells, { lrps: [lrp('a', 1)] }).placed).toEqual(['a.1 → b1']);
  });

  it('without a compatible cell are dropped', () => {
    const cells = [
      inZone('a1', 'za', { rootfsProviders: new Map() }),
      inZone('b1', 'zb', { processGuids: ['a'] }),
    ];
    expect(auction(cells, { lrps: [lrp('a', 1)] }).placed).toEqual(['a.1 → b1']);
  });

  it('are counted with their incompatible cells', () => {
    const cells = [
      inZone('a1', 'za', { rootfsProviders: new Map(), processGuids: ['a'] }),
      inZone('a2', 'za'),
      inZone('b1', 'zb', { memory: 10 }),
    ];
    expect(auction(cells, { lrps: [lrp('a', 1)] }).placed).toEqual(['a.1 → b1']);
  });

  it('do not matter to a task', () => {
    const cells = [inZone('a1', 'za', { memory: 50 }), inZone('b1', 'zb', { memory: 90 })];
    expect(auction(cells, { tasks: [task('t')] }).placed).toEqual(['t → b1']);
  });
});

describe('what fits', () => {
  it.each<[string, Parameters<typeof cellState>[1], Partial<LrpAuction>, string]>([
    ['all of the memory', { memory: 10 }, {}, ''],
    ['too much memory', { memory: 9 }, {}, 'insufficient resources: memory'],
    ['memory and its proxy', { memory: 15, proxyMemoryMb: 5 }, {}, ''],
    [
      'no room for the proxy',
      { memory: 15, proxyMemoryMb: 6 },
      {},
      'insufficient resources: memory',
    ],
    ['all of the disk', { disk: 10 }, {}, ''],
    ['too much disk', { disk: 9 }, {}, 'insufficient resources: disk'],
    ['the last container', { containers: 1 }, {}, ''],
    ['no container left', { containers: 0 }, {}, 'insufficient resources: containers'],
    [
      'nothing of anything',
      { containers: 0, memory: 0, disk: 0 },
      {},
      'insufficient resources: containers, disk, memory',
    ],
  ])('%s', (_name, given, needs, error) => {
    const { failed } = auction([cellState('c', given)], { lrps: [lrp('a', 0, needs)] });
    expect(failed['a.0'] ?? '').toBe(error);
  });

  it('a task without a proxy', () => {
    const cells = [cellState('c', { memory: 10, proxyMemoryMb: 5 })];
    expect(auction(cells, { tasks: [task('t')] }).placed).toEqual(['t → c']);
  });

  it('names only what is short on all cells', () => {
    const short = (own: CellState[]) => auction(own, { lrps: [lrp('a')] }).failed['a.0'];
    const noDisk = cellState('1', { disk: 0, memory: 0 });
    expect(short([noDisk, cellState('2', { disk: 1, containers: 0 })])).toBe(
      'insufficient resources: disk',
    );
    expect(short([noDisk, cellState('2', { containers: 0 })])).toBe('insufficient resources');
  });
});

describe('filters', () => {
  const errorOf = (
    states: CellState[],
    needs: Partial<LrpAuction> = {},
    rules: Partial<Rules> = {},
  ) => auction(states, { lrps: [lrp('a', 0, needs)] }, rules).failed['a.0'] ?? '';
  const docker = new Map([['docker', { type: 'arbitrary' } as const]]);

  it.each<[string, Parameters<typeof cellState>[1], string, boolean]>([
    ['a listed name', {}, 'preloaded:cflinuxfs4', true],
    ['a name that is not listed', {}, 'preloaded:windows', false],
    ['the name with a layer', {}, 'preloaded:cflinuxfs4?layer=http://x', true],
    ['a scheme that is not there', {}, 'docker:///image', false],
    ['anything, of an arbitrary provider', { rootfsProviders: docker }, 'docker:///image', true],
    ['no URL at all', {}, 'cflinuxfs4', false],
  ])('root file system: %s', (_name, given, rootFs, isCompatible) => {
    const wanted = isCompatible ? '' : 'found no compatible cell for required rootfs';
    expect(errorOf([cellState('c', given)], { rootFs })).toBe(wanted);
  });

  it('root file system: the layered scheme has a provider of its own', () => {
    const names = { type: 'fixed_set', names: new Set(['cflinuxfs4']) } as const;
    const rootfsProviders = new Map([['preloaded+layer', names]]);
    const rootFs = 'preloaded+layer:cflinuxfs4?layer=https://x/y.tgz';
    expect(errorOf([cellState('c', { rootfsProviders })], { rootFs })).toBe('');
  });

  it('volume drivers: all are needed', () => {
    const needs = { volumeDrivers: ['nfs', 'smb'] };
    const error = 'found no compatible cell with required volume drivers';
    expect(errorOf([cellState('c', { volumeDrivers: ['nfs'] })], needs)).toBe(error);
    expect(errorOf([cellState('c', { volumeDrivers: ['smb', 'nfs', 'x'] })], needs)).toBe('');
  });

  it.each<[required: string[], optional: string[], wanted: string[], string]>([
    [[], [], [], ''],
    [['x'], [], ['x'], ''],
    [['x'], ['y'], ['x'], ''],
    [['x'], ['y'], ['y', 'x'], ''],
    [[], ['y'], ['y'], ''],
    [['x'], [], [], 'found no compatible cell with no placement tags'],
    [[], [], ['x'], 'found no compatible cell with placement tag "x"'],
    [['x'], ['y'], ['y'], 'found no compatible cell with placement tag "y"'],
    [['x'], [], ['x', 'y'], 'found no compatible cell with placement tags "x" and "y"'],
    [[], [], ['x', 'y', 'z'], 'found no compatible cell with placement tags "x", "y" and "z"'],
  ])('tags: required %o, optional %o, wanted %o', (required, optional, wanted, error) => {
    const cell = cellState('c', { placementTags: required, optionalPlacementTags: optional });
    expect(errorOf([cell], { placementTags: wanted })).toBe(error);
  });

  it('name the filter that some cell came nearest to pass', () => {
    const noRootfs = cellState('1', { rootfsProviders: new Map(), zone: 'z2' });
    const noDriver = cellState('2');
    const noTag = cellState('3', { volumeDrivers: ['nfs'] });
    const needs = { volumeDrivers: ['nfs'], placementTags: ['x'] };
    expect(errorOf([noDriver, noRootfs], needs)).toMatch(/volume drivers$/);
    expect(errorOf([noTag, noDriver, noRootfs], needs)).toMatch(/placement tag "x"$/);
  });

  it('hold for tasks as well', () => {
    const work = { tasks: [task('t', { placementTags: ['x'] })] };
    expect(auction([cellState('c')], work).failed).toEqual({
      t: 'found no compatible cell with placement tag "x"',
    });
  });

  it('tell clients of 2015 what they match', () => {
    const rules = { generation: '2015' } as const;
    expect(errorOf([cellState('c')], { rootFs: 'x:y' }, rules)).toBe('found no compatible cell');
    expect(errorOf([cellState('c', { memory: 0 })], {}, rules)).toBe('insufficient resources');
    expect(errorOf([], {}, rules)).toBe('found no compatible cell');
  });
});

describe('limits', () => {
  it('without a cell nothing can be placed', () => {
    const error = 'unable to communicate to compatible cells';
    const work = { lrps: [lrp('a')], tasks: [task('t')] };
    expect(auction([], work).failed).toEqual({ 'a.0': error, t: error });
  });

  it('only so many containers start at a time, over all cells', () => {
    const cells = [cellState('1', { startingContainers: 1 }), cellState('2')];
    const lrps = [lrp('a', 0), lrp('a', 1), lrp('a', 2)];
    const { placed, failed } = auction(cells, { lrps }, { startingContainerCountMaximum: 3 });
    expect(placed).toHaveLength(2);
    expect(failed).toEqual({
      'a.2': 'waiting to start instance: reached in-flight start limit',
    });
    const tasks = [task('t')];
    expect(auction(cells, { tasks }, { startingContainerCountMaximum: 1 }).failed).toEqual({
      t: 'waiting to start instance: reached in-flight start limit',
    });
    expect(auction(cells, { lrps }, { startingContainerCountMaximum: 0 }).failed).toEqual({});
  });
});

describe('whatever is asked for', () => {
  const cells = fc.array(
    fc.record({
      memory: fc.integer({ min: 0, max: 60 }),
      disk: fc.integer({ min: 0, max: 60 }),
      containers: fc.integer({ min: 0, max: 5 }),
      proxyMemoryMb: fc.integer({ min: 0, max: 5 }),
      zone: fc.constantFrom('z1', 'z2', 'z3'),
    }),
    { maxLength: 6 },
  );
  const work = fc.array(
    fc.record({
      isTask: fc.boolean(),
      guid: fc.constantFrom('a', 'b', 'c'),
      memoryMb: fc.integer({ min: 0, max: 40 }),
      diskMb: fc.integer({ min: 0, max: 40 }),
    }),
    { maxLength: 20 },
  );

  it('no cell is given more than it has, and nothing is lost or placed twice', () => {
    fc.assert(
      fc.property(cells, work, fc.constantFrom('today', '2015'), (given, asked, generation) => {
        const states = given.map((own, at) => cellState(`c${at}`, own));
        const lrps = asked.flatMap((own, at) => (own.isTask ? [] : [lrp(own.guid, at, own)]));
        const tasks = asked.flatMap((own, at) => (own.isTask ? [task(`t${at}`, own)] : []));
        const outcome = auction(states, { lrps, tasks }, { generation });
        for (const { state, lrps: won, tasks: wonTasks } of outcome.cells) {
          const proxy = generation === 'today' ? state.proxyMemoryMb : 0;
          const all = [
            ...won.map((own) => ({ ...own, memoryMb: own.memoryMb + proxy })),
            ...wonTasks,
          ];
          const memory = all.reduce((sum, own) => sum + own.memoryMb, 0);
          const disk = all.reduce((sum, own) => sum + own.diskMb, 0);
          expect(memory).toBeLessThanOrEqual(state.available.memoryMb);
          expect(disk).toBeLessThanOrEqual(state.available.diskMb);
          expect(all.length).toBeLessThanOrEqual(state.available.containers);
        }
        const names = [
          ...outcome.placed.map((line) => line.split(' ')[0]),
          ...Object.keys(outcome.failed),
        ];
        const wanted = [
          ...lrps.map(({ processGuid, index }) => `${processGuid}.${index}`),
          ...tasks.map(({ taskGuid }) => taskGuid),
        ];
        expect(names.toSorted()).toEqual(wanted.toSorted());
      }),
      { numRuns: 500 },
    );
  });

  it('it fails only when no cell that may take it has room', () => {
    fc.assert(
      fc.property(cells, work, (given, asked) => {
        const states = given.map((own, at) => cellState(`c${at}`, own));
        const lrps = asked.map((own, at) => lrp(own.guid, at, own));
        const outcome = auction(states, { lrps });
        // Places are only taken, never given back: what had no room has none at the end.
        for (const own of lrps) {
          if (outcome.failed[`${own.processGuid}.${own.index}`] === undefined) continue;
          for (const cell of outcome.cells) {
            expect(cell.problemsForLrp(own)).not.toEqual([]);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
