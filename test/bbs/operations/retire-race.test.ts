/** Whether an instance's cell is known is decided on the row that is retired (diego.md §3.7). */
import { expect, it } from 'vitest';
import { removeDesired } from '../../../src/bbs/operations/desired-lrps.ts';
import { claim, retire, start } from '../../../src/bbs/operations/lifecycle-requests.ts';
import {
  ClaimActualLRPRequest,
  RetireActualLRPRequest,
  StartActualLRPRequest,
} from '../../../src/model/bbs/messages/actual-lrp.ts';
import { RecordingPeers } from '../transitions/recording-peers.ts';
import { cleanUpLater, openScene } from './operations-kit.ts';

const actual_lrp_key = { process_guid: 'pg', index: 0, domain: 'dom' };
const actual_lrp_instance_key = { instance_guid: 'ig', cell_id: 'cell-a' };
const actual_lrp_net_info = {
  address: '10.0.0.1',
  ports: [],
  instance_address: '',
  preferred_address: 0,
  instance_ipv6_address: '',
};

async function openWithCell() {
  const peers = await RecordingPeers.start();
  cleanUpLater(() => peers.stop());
  const scene = await openScene({ auctioneerAddress: peers.address });
  await scene.bbs.registerCell('cell-a', peers.address);
  await scene.user.desire('pg', { instances: 1 });
  return { ...scene, peers };
}

it('leaves a row to its cell that started it just before it was retired', async () => {
  const { bbs, user, peers } = await openWithCell();
  const started = StartActualLRPRequest.create({
    actual_lrp_key,
    actual_lrp_instance_key,
    actual_lrp_net_info,
  });
  const answers = [
    start(bbs.state, started),
    retire(bbs.state, RetireActualLRPRequest.create({ actual_lrp_key })),
  ];
  expect(await Promise.all(answers)).toEqual([undefined, undefined]);
  expect((await user.rows('pg')).map(({ state }) => state)).toEqual(['RUNNING']);
  expect(peers.takeCalls().rep).toEqual(['stop ig']);
});

it('tells a cell that claims a row while it is unwanted, at whatever moment', async () => {
  const { bbs, user, peers } = await openWithCell();
  for (let turns = 0; turns < 60; turns += 1) {
    const process_guid = `pg-${turns}`;
    await user.desire(process_guid, { instances: 1 });
    const removal = removeDesired(bbs.state, { process_guid }, '');
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    const request = { process_guid, index: 0, actual_lrp_instance_key };
    const claimed = await claim(bbs.state, ClaimActualLRPRequest.create(request));
    await removal;
    await bbs.idle();
    const { rep } = peers.takeCalls();
    // Either the claim came too late, or the row stays until its cell, which was told, removes it.
    const expected = claimed === undefined ? [1, ['stop ig']] : [0, []];
    expect([(await user.rows(process_guid)).length, rep]).toEqual(expected);
  }
});
