import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import {
  ActualLRPLifecycleResponse,
  StartActualLRPRequest,
} from '../../../src/model/bbs/messages/actual-lrp.ts';
import { DesiredLRPUpdate } from '../../../src/model/bbs/messages/desired-lrp.ts';
import { until } from '../../store/contract/kit.ts';
import { cleanUpLater, openScene } from './operations-kit.ts';

/** Takes requests and never answers. */
async function startSilence(): Promise<{ address: string; paths: string[] }> {
  const paths: string[] = [];
  const server = createServer(({ url = '' }) => {
    paths.push(url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUpLater(() => {
    server.close();
    server.closeAllConnections();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths };
}

const NET_INFO = {
  address: '10.0.0.1',
  ports: [],
  instance_address: '',
  preferred_address: 0,
  instance_ipv6_address: '',
};

it('does not wait for an auctioneer or a cell that says nothing', async () => {
  const { address, paths } = await startSilence();
  const { bbs, user } = await openScene({
    auctioneerAddress: address,
    options: { communicationTimeoutMs: 60_000 },
  });
  await bbs.registerCell('cell-a', address);
  const beginMs = performance.now();
  expect(await user.desire('pg', { instances: 2 })).toBe('ok');
  for (const index of [0, 1]) {
    await user.post('/v1/actual_lrps/start.r1', StartActualLRPRequest, ActualLRPLifecycleResponse, {
      actual_lrp_key: { process_guid: 'pg', index, domain: 'dom' },
      actual_lrp_instance_key: { instance_guid: `i${index}`, cell_id: 'cell-a' },
      actual_lrp_net_info: NET_INFO,
    });
  }
  for (let count = 0; count < 50; count += 1) {
    const update = DesiredLRPUpdate.create({ instances: count % 2 === 0 ? 0 : 2 });
    expect(await user.update('pg', update)).toBe('ok');
  }
  expect(performance.now() - beginMs).toBeLessThan(5_000);
  await until('calls to both', () => paths.includes('/v1/lrps') && paths.length > 2);
  expect(paths.some((path) => /\/v1\/lrps\/pg\/instances\/i\d\/stop/.test(path))).toBe(true);
});
