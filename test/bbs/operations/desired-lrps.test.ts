import { expect, it } from 'vitest';
import { DesiredLRPUpdate } from '../../../src/model/bbs/messages/desired-lrp.ts';
import { until } from '../../store/contract/kit.ts';
import { BbsUser, cleanUpLater, openScene, subscribe } from './operations-kit.ts';

const TRACE = { 'X-Vcap-Request-Id': 'trace-1' };

for (const store of ['memory', 'lmdb'] as const) {
  it(`takes all of many updates at once, each one tag further: ${store}`, async () => {
    const { bbs, user } = await openScene({ store });
    expect(await user.desire('pg', { instances: 0 })).toBe('ok');
    const epoch = (await user.desired('pg'))?.modification_tag?.epoch;
    const others = Array.from({ length: 8 }, () => new BbsUser(bbs.baseUrl));
    for (const other of others) cleanUpLater(() => other.close());
    const stream = await subscribe({ bbs, user }, 'lrp_instances');
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_none, index) => {
        const update = DesiredLRPUpdate.create({ annotation: `note ${index}` });
        return others[index % others.length]?.update('pg', update);
      }),
    );
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(200);
    expect((await user.desired('pg'))?.modification_tag).toEqual({ epoch, index: 200 });
    await until('all events', () => stream.waiting === 200);
    const tags = stream.takeEvents().map(({ data }) => JSON.stringify(data['after']));
    expect(tags.every((text, at) => text.includes(`"index":${at + 1}}`))).toBe(true);
  });
}

it('creates all of 1000 instances before it answers', async () => {
  const { user } = await openScene();
  expect(await user.desire('pg', { instances: 1000 })).toBe('ok');
  const rows = await user.rows('pg');
  expect(rows.map(({ actual_lrp_key: key }) => key.index)).toEqual([...Array(1000).keys()]);
  expect(rows.every(({ state }) => state === 'UNCLAIMED')).toBe(true);
});

it('tells the trace of a request in the events that it caused (diego.md §1.1)', async () => {
  const scene = await openScene();
  const stream = await subscribe(scene, 'lrp_instances');
  await scene.user.desire('pg', { instances: 1 }, TRACE);
  await scene.user.update('pg', DesiredLRPUpdate.create({ instances: 2 }), TRACE);
  await scene.user.fail('pg', 'no room');
  await until('the events', () => stream.waiting === 5);
  expect(stream.takeEvents().map(({ event, data }) => [event, data['trace_id']])).toEqual([
    ['desired_lrp_created', 'trace-1'],
    ['actual_lrp_instance_created', 'trace-1'],
    ['desired_lrp_changed', 'trace-1'],
    ['actual_lrp_instance_created', 'trace-1'],
    // A failed placement has none.
    ['actual_lrp_instance_changed', undefined],
  ]);
});
