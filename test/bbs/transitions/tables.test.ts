import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../golden/diego/message-json.ts';
import { startBbsUnderTest } from '../support/bbs-under-test.ts';
import { actionOf } from './commands.ts';
import { compareEvents, isSameRecord } from './compare-lines.ts';
import { compareOutcome, type Outcome, playRow } from './play-row.ts';
import { renderEvent } from './render-events.ts';
import { type LrpRow, renderRows, renderTasks } from './render-records.ts';
import {
  commandsOf,
  type Expectation,
  expectationOf,
  generationsOf,
  loadTable,
  type TransitionRow,
  tableNames,
  unreachableRows,
} from './transition-row.ts';

/** That the tables are whole, and that a wrong row, event, reply or call is noticed. */
const rows = tableNames.flatMap(loadTable);
const guids = { process_guid: 'lrp', task_guid: 'task' };

describe('the tables', () => {
  test('no row stands twice', () => {
    const names = rows.flatMap((row) => generationsOf(row).map((era) => `${row.id} [${era}]`));
    expect(names.filter((name, position) => names.indexOf(name) !== position)).toEqual([]);
    expect(rows.length).toBeGreaterThan(300);
  });

  test('every command is known', () => {
    for (const row of rows) {
      for (const command of [...commandsOf(row.given), row.request]) {
        for (const era of generationsOf(row)) {
          expect(() => actionOf(command.replace(/^!/, ''), guids, era)).not.toThrow();
        }
      }
    }
  });

  test('a row has streams of its own generation only', () => {
    const names = (row: TransitionRow): string[] => Object.keys(expectationOf(row).events ?? {});
    const of2015 = rows.filter(({ generation }) => generation === '2015').flatMap(names);
    const ofToday = rows.filter(({ generation }) => generation === 'today').flatMap(names);
    expect([...new Set(of2015)]).toEqual(['stream']);
    expect([...new Set(ofToday)].sort()).toEqual(['group', 'instance', 'task']);
  });

  test('every record tells of its time and tag', () => {
    const records = rows.flatMap((row) => expectationOf(row).rows ?? []);
    const silent = records.filter((line) => !/ since=\w+ tag=[+\w:]+/.test(line));
    expect(silent).toEqual([]);
  });

  test('what no request can bring about has a reason', () => {
    const known = new Set(rows.map(({ id }) => id));
    for (const { id, reason } of unreachableRows) {
      expect(reason.length, id).toBeGreaterThan(20);
      expect(known.has(id), id).toBe(false);
    }
  });
});

const epoch = '01234567-89ab-cdef-0123-456789abcdef';
const lrp = (fields: JsonObject, index = 0): LrpRow => ({
  slot: 'ORDINARY',
  lrp: {
    actual_lrp_key: { process_guid: 'lrp', domain: 'dom' },
    actual_lrp_instance_key: {},
    actual_lrp_net_info: {},
    modification_tag: { epoch, ...(index === 0 ? {} : { index }) },
    ...fields,
  },
});

const before = lrp({ state: 'UNCLAIMED', since: '10' });
const after = lrp(
  {
    state: 'CLAIMED',
    since: '20',
    actual_lrp_instance_key: { instance_guid: 'i1', cell_id: 'cell-a' },
  },
  1,
);

const outcome: Outcome = {
  answer: {},
  before: { rows: [before], tasks: [] },
  after: { rows: [after], tasks: [] },
  events: new Map([
    ['instance', ['0 changed i1@cell-a UNCLAIMED → CLAIMED']],
    ['group', []],
  ]),
  auctions: ['lrp 0'],
  rep: ['stop i1'],
};

const expectation: Expectation = {
  rows: ['0 CLAIMED i1@cell-a since=new tag=+1'],
  events: { instance: ['0 changed i1@cell-a UNCLAIMED → CLAIMED'] },
  auctions: ['lrp 0'],
  rep: ['stop i1'],
};

describe('the comparison', () => {
  test('finds nothing where all is as expected', () => {
    expect(compareOutcome(expectation, outcome)).toEqual([]);
  });

  test.each<[string, Partial<Outcome>, RegExp]>([
    ['an error', { answer: { error: { type: 'ResourceNotFound' } } }, /^answer/],
    ['keep_container', { answer: { keep_container: true } }, /^answer/],
    ['an unknown field', { answer: { other: 1 } }, /^answer/],
    ['a missing row', { after: { rows: [], tasks: [] } }, /^rows/],
    ['a second row', { after: { rows: [after, before], tasks: [] } }, /^rows/],
    [
      'an old time',
      { after: { rows: [lrp({ ...after.lrp, since: '10' }, 1)], tasks: [] } },
      /^rows/,
    ],
    ['a task', { after: { rows: [after], tasks: [{ task_guid: 'task' }] } }, /^tasks/],
    ['a missing event', { events: new Map([['instance', []]]) }, /^events of the instance/],
    [
      'an event too many',
      { events: new Map([...outcome.events, ['group', ['0 removed instance CLAIMED']]]) },
      /^events of the group/,
    ],
    ['a missing auction', { auctions: [] }, /^auctions/],
    ['a call too many', { rep: ['stop i1', 'cancel'] }, /^calls to cells/],
  ])('notices %s', (_, change, what) => {
    const problems = compareOutcome(expectation, { ...outcome, ...change });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(what);
  });

  test('notices the smallest change where none is expected', () => {
    const { rows: _, ...unchanged } = expectation;
    const problems = compareOutcome(unchanged, outcome);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^rows\n {2}expected no change/);
  });

  test('holds events of one index to their order, but not those of two', () => {
    const [one, two, other] = ['0 created UNCLAIMED', '0 removed CLAIMED', '1 created UNCLAIMED'];
    expect(compareEvents('events', [one, two, other], [other, one, two], false)).toEqual([]);
    expect(compareEvents('events', [one, two], [two, one], false)).toHaveLength(1);
    expect(compareEvents('events', [one, two], [two, one], true)).toEqual([]);
    expect(compareEvents('events', [one], [one, one], true)).toHaveLength(1);
  });

  test('leaves routing out where the table is silent, and nothing else', () => {
    const line = '0 RUNNING i1@cell-a at=10.0.0.1 since=new tag=+1 routable=true';
    expect(isSameRecord('0 RUNNING i1@cell-a at=10.0.0.1 since=new tag=+1', line)).toBe(true);
    expect(isSameRecord('0 RUNNING i1@cell-a at=10.0.0.1 since=any tag=any', line)).toBe(true);
    expect(isSameRecord(line.replace('true', 'false'), line)).toBe(false);
    expect(isSameRecord('0 RUNNING i1@cell-a since=new tag=+1', line)).toBe(false);
    expect(isSameRecord('RUNNING i1@cell-a at=10.0.0.1 since=new tag=+1', line)).toBe(false);
    expect(isSameRecord(`${line} crashes=any`, line)).toBe(false);
  });
});

describe('the words', () => {
  test.each<[string, JsonObject, number, string]>([
    ['another epoch', { modification_tag: { epoch: epoch.replace('0', 'f') } }, 0, 'tag=fresh'],
    ['an epoch that is no uuid', { modification_tag: { epoch: 'x' } }, 0, 'tag=malformed'],
    ['two writes', {}, 2, 'tag=+2'],
    ['no write', { since: '10' }, 0, 'since=same tag=same'],
    ['a time that went back', { since: '9' }, 1, 'since=old tag=+1'],
    ['a long text', { crash_reason: `${'x'.repeat(1013)}(truncated)` }, 1, 'x*1013(truncated)'],
  ])('%s', (_, fields, index, words) => {
    const row = lrp({ state: 'UNCLAIMED', since: '20', ...fields }, index);
    expect(renderRows([row], [before])[0]).toContain(words);
  });

  test('a row whose epoch came from another presence says so', () => {
    const suspect: LrpRow = { ...before, slot: 'SUSPECT' };
    expect(renderRows([suspect], [before])[0]).toMatch(/^0 SUSPECT .* from=ORDINARY/);
  });

  test('tasks', () => {
    const task = { task_guid: 'task', state: 'Pending', created_at: '5', updated_at: '5' };
    expect(renderTasks([task], [])).toEqual(['Pending created=updated updated=new']);
    expect(renderTasks([{ ...task, updated_at: '6' }], [task])).toEqual([
      'Pending created=same updated=new',
    ]);
  });

  test('events', () => {
    const row = after.lrp;
    const group = { instance: { ...row, presence: 'SUSPECT' } };
    expect(
      [
        { event: 'actual_lrp_instance_created', data: { actual_lrp: row } },
        { event: 'actual_lrp_removed', data: { actual_lrp_group: group } },
        { event: 'actual_lrp_changed', data: { before: group, after: { instance: before.lrp } } },
        { event: 'task_changed', data: { before: {}, after: { state: 'Completed' } } },
        { event: 'desired_lrp_created', data: {} },
      ].map(renderEvent),
    ).toEqual([
      '0 created CLAIMED i1@cell-a',
      '0 removed instance SUSPECT CLAIMED i1@cell-a',
      '0 changed instance SUSPECT CLAIMED i1@cell-a → UNCLAIMED',
      'task changed none → Completed',
      undefined,
    ]);
  });
});

describe('a row that is wrong', () => {
  const right = rows.find(({ id }) => id === '§3.1 UNCLAIMED') as TransitionRow;
  const wrong: readonly (readonly [string, Expectation])[] = [
    ['state', { ...right.expect, rows: ['0 RUNNING i1@cell-a since=new tag=+1'] }],
    ['tag', { ...right.expect, rows: ['0 CLAIMED i1@cell-a since=new tag=+2'] }],
    ['events', { ...right.expect, events: { ...right.expect.events, instance: [] } }],
    ['error', { ...right.expect, error: 'ResourceNotFound' }],
    ['auctions', { ...right.expect, auctions: ['lrp 0'] }],
  ];
  test.each(wrong)('%s: it is noticed on a real server', async (_, expect_) => {
    const problems = await playRow(
      { ...right, expect: expect_ },
      'today',
      (generation, auctioneerAddress) =>
        startBbsUnderTest({ store: 'memory', generation, auctioneerAddress }),
    );
    expect(problems).toHaveLength(1);
  });

  test('given commands must succeed', async () => {
    const problems = await playRow(
      { ...right, given: ['claim i1@cell-a'] },
      'today',
      (generation, auctioneerAddress) =>
        startBbsUnderTest({ store: 'memory', generation, auctioneerAddress }),
    );
    expect(problems[0]).toMatch(/^given claim i1@cell-a → .*ResourceNotFound/);
  });
});
