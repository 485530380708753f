import { describe, expect, it } from 'vitest';
import { InstanceBook } from '../../src/inspector/instance-book.ts';
import { INSPECTOR_LIMITS } from '../../src/inspector/options.ts';
import type { StreamedEvent } from '../../src/model/bbs/event-types.ts';
import { ActualLRP, ActualLRPInfo, PRESENCE } from '../../src/model/bbs/messages/actual-lrp.ts';
import { DesiredLRP, DesiredLRPSchedulingInfo } from '../../src/model/bbs/messages/desired-lrp.ts';
import {
  ActualLRPInstanceChangedEvent,
  ActualLRPInstanceCreatedEvent,
  ActualLRPInstanceRemovedEvent,
  DesiredLRPRemovedEvent,
} from '../../src/model/bbs/messages/events.ts';

const row = (state: string, instance_guid = '', more: Partial<ActualLRP> = {}): ActualLRP =>
  ActualLRP.create({
    actual_lrp_key: { process_guid: 'web', index: 0, domain: 'd' },
    actual_lrp_instance_key: { instance_guid, cell_id: instance_guid === '' ? '' : 'cell' },
    state,
    since: 1_000_000n,
    ...more,
  });

const created = (actual_lrp: ActualLRP): StreamedEvent => ({
  name: 'actual_lrp_instance_created',
  message: ActualLRPInstanceCreatedEvent.create({ actual_lrp }),
});
const removed = (actual_lrp: ActualLRP): StreamedEvent => ({
  name: 'actual_lrp_instance_removed',
  message: ActualLRPInstanceRemovedEvent.create({ actual_lrp }),
});
const changed = (before: ActualLRP, after: ActualLRP): StreamedEvent => ({
  name: 'actual_lrp_instance_changed',
  message: ActualLRPInstanceChangedEvent.create({
    actual_lrp_key: after.actual_lrp_key,
    actual_lrp_instance_key: after.actual_lrp_instance_key,
    before: ActualLRPInfo.create({ state: before.state }),
    after: ActualLRPInfo.create({
      state: after.state,
      since: after.since,
      crash_count: after.crash_count,
      crash_reason: after.crash_reason,
    }),
  }),
});

const stepsOf = (book: InstanceBook): string[] =>
  book.instances.flatMap(({ history }) => history.map(({ from, to }) => `${from} ${to}`));

describe('the book of instances', () => {
  it('writes the history of an instance from its events', () => {
    const book = new InstanceBook(() => 5);
    const unclaimed = row('UNCLAIMED');
    const claimed = row('CLAIMED', 'one');
    const running = row('RUNNING', 'one');
    const crashed = row('UNCLAIMED', '', { crash_count: 1, crash_reason: 'exit 1' });
    expect(book.takeEvent(created(unclaimed))).toBe(true);
    book.takeEvent(changed(unclaimed, claimed));
    book.takeEvent(changed(claimed, running));
    // As the BBS tells a row that starts anew: the new one first, then the old one's end.
    book.takeEvent(created(crashed));
    expect(book.takeEvent(removed(running))).toBe(false);
    expect(stepsOf(book)).toEqual([
      'absent unclaimed',
      'unclaimed claimed',
      'claimed running',
      'running unclaimed',
    ]);
    expect(book.instances[0]).toMatchObject({ state: 'unclaimed', crashCount: 1 });
    expect(book.instances[0]?.history.at(-1)?.note).toBe('exit 1');
    book.takeEvent(removed(crashed));
    expect(book.instances[0]?.state).toBe('absent');
    expect(book.takeChanged().map(({ state }) => state)).toEqual(['absent']);
    expect(book.takeChanged()).toEqual([]);
  });

  it('keeps the presences of one index apart', () => {
    const book = new InstanceBook(() => 0);
    const presence = PRESENCE.EVACUATING;
    book.takeRows([row('RUNNING', 'old', { presence }), row('UNCLAIMED')], true);
    expect(book.instances.map(({ key, state }) => [key, state])).toEqual([
      ['web/0/evacuating', 'running'],
      ['web/0/ordinary', 'unclaimed'],
    ]);
  });

  it('takes from a list what is gone, but not from a part of a list', () => {
    const book = new InstanceBook(() => 7);
    book.takeRows([row('RUNNING', 'one')], true);
    book.takeRows([], false);
    expect(book.instances[0]?.state).toBe('running');
    book.takeRows([], true);
    expect(book.instances[0]).toMatchObject({ state: 'absent' });
    expect(book.instances[0]?.history.at(-1)).toMatchObject({ from: 'running', wallMs: 7 });
  });

  it('knows apps by the name in their annotation, or by their guid', () => {
    const book = new InstanceBook(() => 0);
    const infos = ['{"app":"hello"}', 'not json', 'null', '{"app":3}'].map((annotation, at) =>
      DesiredLRPSchedulingInfo.create({
        desired_lrp_key: { process_guid: `guid-${at}`, domain: 'd', log_guid: '' },
        annotation,
        instances: at,
      }),
    );
    book.takeApps(infos);
    expect(book.apps.map(({ name }) => name)).toEqual(['hello', 'guid-1', 'guid-2', 'guid-3']);
    expect(book.takeNewApps()).toBe(true);
    expect(book.takeNewApps()).toBe(false);
    const desired_lrp = DesiredLRP.create({ process_guid: 'guid-1' });
    const message = DesiredLRPRemovedEvent.create({ desired_lrp });
    book.takeEvent({ name: 'desired_lrp_removed', message });
    expect(book.takeNewApps()).toBe(true);
    expect(book.apps).toHaveLength(3);
  });

  it('holds no more than its limits', () => {
    const book = new InstanceBook(() => 0);
    for (let step = 0; step < 2 * INSPECTOR_LIMITS.historyEntries; step += 1) {
      const before = row('RUNNING', 'one', { crash_count: step });
      book.takeEvent(changed(before, row('RUNNING', 'one', { crash_count: step + 1 })));
    }
    // Of an instance that was not known before nothing but its last step is.
    book.takeEvent(created(row('RUNNING', 'one')));
    const { historyEntries, goneInstances, instances: most } = INSPECTOR_LIMITS;
    expect(book.instances[0]?.history.length).toBe(historyEntries);
    const many = Array.from({ length: most + 100 }, (_, index) =>
      row('RUNNING', `i${index}`, {
        actual_lrp_key: { process_guid: 'many', index, domain: 'd' },
      }),
    );
    for (const own of many) book.takeEvent(created(own));
    expect(book.instances.length).toBe(most);
    for (const own of many) book.takeEvent(removed(own));
    const gone = book.instances.filter(({ state }) => state === 'absent');
    expect(gone.length).toBe(goneInstances);
  });
});
