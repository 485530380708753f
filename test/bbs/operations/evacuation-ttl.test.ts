import { expect, it } from 'vitest';
import {
  EvacuateRunningActualLRPRequest,
  EvacuationResponse,
  PRESENCE,
} from '../../../src/model/bbs/messages/actual-lrp.ts';
import { until } from '../../store/contract/kit.ts';
import { type BbsUser, openScene, subscribe } from './operations-kit.ts';

const KEYS = {
  actual_lrp_key: { process_guid: 'pg', index: 0, domain: 'dom' },
  actual_lrp_instance_key: { instance_guid: 'ig', cell_id: 'cell-a' },
  actual_lrp_net_info: {
    address: '10.0.0.1',
    ports: [],
    instance_address: '',
    preferred_address: 0,
    instance_ipv6_address: '',
  },
};

const evacuate = (user: BbsUser, ttl: bigint) =>
  user.post(
    '/v1/actual_lrps/evacuate_running',
    EvacuateRunningActualLRPRequest,
    EvacuationResponse,
    {
      ...KEYS,
      ttl,
    },
  );

const presences = async (user: BbsUser): Promise<number[]> =>
  (await user.rows('pg')).map(({ presence }) => presence);

it('ends an evacuating row of 2015 when its time is over (diego.md §4.1)', async () => {
  const scene = await openScene({ generation: '2015' });
  const { user } = scene;
  await user.desire('pg', { instances: 1 });
  expect(await evacuate(user, 1n)).toEqual({ error: undefined, keep_container: true });
  const stream = await subscribe(scene, 'lrp_instances');
  expect(await presences(user)).toEqual([PRESENCE.ORDINARY, PRESENCE.EVACUATING]);
  await until('the removal', () => stream.waiting > 0, 5_000);
  expect(stream.takeItems().map(({ event }) => event)).toEqual(['actual_lrp_instance_removed']);
  expect(await presences(user)).toEqual([PRESENCE.ORDINARY]);
});

it('keeps it until then, and for ever without one', async () => {
  const { user } = await openScene({ generation: '2015' });
  await user.desire('pg', { instances: 1 });
  expect((await evacuate(user, 0n)).keep_container).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await presences(user)).toEqual([PRESENCE.ORDINARY, PRESENCE.EVACUATING]);
});
