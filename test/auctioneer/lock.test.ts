/** Several auctioneers: only the one with the lock works (diego.md §8, §13.1). */
import { expect, it } from 'vitest';
import { startLocket } from '../bbs/locket/locket-kit.ts';
import { eventually } from '../node/support/world.ts';
import { startAuctioneer } from './auctioneer-kit.ts';

it('the second one begins when the first one has gone', async () => {
  const locket = await startLocket();
  const lock = { tls: undefined, ttlMs: 3000, retryMs: 50, owner: '' };
  const address = `127.0.0.1:${locket.port}`;
  const start = () => startAuctioneer('http://127.0.0.1:1', { lock: { ...lock, address } });
  const first = start();
  await eventually('the first works', () => first.url() !== '');
  const second = start();
  try {
    await second.system.ready;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(second.state()).toBe('{"candidate":"waiting"}');
    expect((await fetch(`${first.url()}/v1/lrps`, { method: 'POST', body: '[]' })).status).toBe(
      202,
    );
    await first.stop();
    await eventually('the second works', () => second.url() !== '');
    // Someone else takes the lock by force: the port is closed.
    const url = second.url();
    const { value } = (await locket.client().fetch('auctioneer')) as { value: { owner: string } };
    const thief = { key: 'auctioneer', owner: 'thief', type: 'lock', type_code: 1 };
    // Its owner may renew it in between, and then has it again.
    await eventually('the thief has it', async () => {
      await locket.client().release({ key: 'auctioneer', owner: value.owner });
      return (await locket.client().lock(thief)).ok;
    });
    await eventually('it has stopped', () => second.state() === '{"candidate":"waiting"}');
    await expect(fetch(`${url}/v1/lrps`, { method: 'POST', body: '[]' })).rejects.toThrow();
  } finally {
    await second.stop();
    await first.stop();
    await locket.dispose();
  }
});
