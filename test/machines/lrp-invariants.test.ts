import { describe, expect, it } from 'vitest';
import { type LrpContext, lrpContext } from '../../machines/bbs/lrp.context.ts';
import type { ActualLRP } from '../../src/model/bbs/messages/actual-lrp.ts';
import { LRP_CONTEXTS, NOW } from './lrp-choices.ts';
import { lrpProblems } from './lrp-invariants.ts';

const FACTS = { generation: 'today', now: NOW, epoch: 'fresh' } as const;
const PLACE = { instance_guid: 'on-a', cell_id: 'a' };
const NOWHERE = { instance_guid: '', cell_id: '' };

const rowIn = (state: string): ActualLRP => {
  const found = LRP_CONTEXTS.find(({ ordinary }) => ordinary?.state === state)?.ordinary;
  if (found === undefined) throw new Error(`no ${state} row to begin with`);
  return found;
};
const RUNNING = rowIn('RUNNING');
const only = (ordinary: ActualLRP | undefined): LrpContext =>
  lrpContext({ ordinary, evacuating: undefined, suspect: undefined });

/** What is said of a row that a step changed so, with a tag as it should be. */
function problemsOf(before: ActualLRP, fields: Partial<ActualLRP>): readonly string[] {
  const { epoch, index } = before.modification_tag;
  const after = { ...before, modification_tag: { epoch, index: index + 1 }, ...fields };
  return lrpProblems(only(before), only(after), FACTS);
}

describe('the invariants of rows', () => {
  it('hold of the rows that the cases begin with', () => {
    for (const context of LRP_CONTEXTS) expect(lrpProblems(context, context, FACTS)).toEqual([]);
  });

  it.each([
    ['UNCLAIMED', { actual_lrp_instance_key: PLACE }],
    ['UNCLAIMED', { actual_lrp_net_info: RUNNING.actual_lrp_net_info }],
    ['CLAIMED', { actual_lrp_instance_key: NOWHERE }],
    ['CLAIMED', { actual_lrp_instance_key: { ...PLACE, cell_id: '' } }],
    ['CLAIMED', { actual_lrp_net_info: RUNNING.actual_lrp_net_info }],
    ['CLAIMED', { placement_error: 'full' }],
    ['RUNNING', { actual_lrp_instance_key: { ...PLACE, instance_guid: '' } }],
    ['RUNNING', { actual_lrp_net_info: { ...RUNNING.actual_lrp_net_info, address: '' } }],
    ['RUNNING', { placement_error: 'full' }],
    ['CRASHED', { actual_lrp_instance_key: PLACE }],
    ['CRASHED', { actual_lrp_net_info: RUNNING.actual_lrp_net_info }],
    ['CRASHED', { placement_error: 'full' }],
    ['CRASHED', { state: 'GONE' }],
  ] as const)('refuse a %s row with %j', (state, fields) => {
    expect(problemsOf(rowIn(state), fields)).toHaveLength(1);
    expect(problemsOf(rowIn(state), {})).toEqual([]);
  });

  it.each([
    ['without a time', { since: 0n }],
    ['with a time to come', { since: NOW + 1n }],
    ['with the presence of another slot', { presence: 1 }],
    ['with the tag of before', { modification_tag: RUNNING.modification_tag, crash_count: 77 }],
    ['with a tag two on', { modification_tag: { ...RUNNING.modification_tag, index: 5 } }],
    ['with an epoch of nobody', { modification_tag: { epoch: 'another', index: 4 } }],
    ['of a new epoch that does not begin', { modification_tag: { epoch: 'fresh', index: 1 } }],
  ])('refuse a row %s', (_name, fields) => {
    expect(problemsOf(RUNNING, fields)).toHaveLength(1);
  });

  it('allow a new row its own epoch, and another presence the tag that it had', () => {
    expect(problemsOf(RUNNING, { modification_tag: { epoch: 'fresh', index: 0 } })).toEqual([]);
    const suspect = { ...RUNNING, presence: 2 };
    expect(lrpProblems(only(RUNNING), { ...only(undefined), suspect }, FACTS)).toEqual([]);
  });

  it('allow no address only where a claim was evacuated', () => {
    const claimed = rowIn('CLAIMED');
    const evacuating = {
      ...claimed,
      state: 'RUNNING',
      presence: 1,
      modification_tag: { epoch: 'fresh', index: 0 },
    };
    const after = { ...only(undefined), evacuating };
    expect(lrpProblems(only(claimed), after, FACTS)).toEqual([]);
    const problems = ['evacuating: no legal RUNNING row'];
    expect(lrpProblems(only(RUNNING), after, FACTS)).toEqual(problems);
    expect(lrpProblems(only(claimed), after, { ...FACTS, generation: '2015' })).toEqual(problems);
  });
});
