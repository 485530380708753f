/** The auctioneer alone, from the original's own file (diego.md §13.1). */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { auctioneerCommand } from '../../src/cli/auctioneer-command.ts';
import { readAuctioneerConfig } from '../../src/config/auctioneer-config.ts';
import { eventually } from '../node/support/world.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';
import { fakeHost } from '../support/fake-host.ts';
import { freePort } from '../support/free-ports.ts';
import { startBbs } from './auctioneer-kit.ts';
import { startFakeRep } from './fake-rep.ts';

const directory = temporaryDirectory();
afterAll(() => rmSync(directory, { recursive: true }));

const PLAIN = { bbs_address: 'http://127.0.0.1:8889' };
const read = (config: object) => readAuctioneerConfig(JSON.stringify(config));

function problemsOf(config: object): readonly string[] {
  const result = read(config);
  return result.ok ? [] : result.problems;
}

describe("the original's auctioneer.json", () => {
  it('has the defaults of the original', () => {
    expect(read(PLAIN)).toEqual({
      ok: true,
      warnings: [],
      options: {
        listen: { host: '0.0.0.0', port: 9016 },
        tls: undefined,
        bbsUrl: 'http://127.0.0.1:8889',
        bbsTls: undefined,
        repTls: undefined,
        cellStateTimeoutMs: 10_000,
        communicationTimeoutMs: 10_000,
        startingContainerWeight: 0.25,
        startingContainerCountMaximum: 0,
        binPackFirstFitWeight: 0,
        lock: undefined,
        logLevel: 'info',
      },
    });
  });

  it('is read in full', () => {
    const result = read({
      ...PLAIN,
      listen_address: '[::1]:1',
      cell_state_timeout: '1s',
      communication_timeout: 2e9,
      starting_container_weight: 0.5,
      starting_container_count_maximum: 7,
      bin_pack_first_fit_weight: 2,
      rep_ca_cert: 'a',
      rep_client_cert: 'b',
      rep_client_key: 'c',
      locket_address: '10.0.0.1:8891',
      lock_ttl: '20s',
      uuid: 'me',
    });
    expect(result.ok && result.options).toMatchObject({
      listen: { host: '::1', port: 1 },
      cellStateTimeoutMs: 1000,
      communicationTimeoutMs: 2000,
      startingContainerWeight: 0.5,
      startingContainerCountMaximum: 7,
      binPackFirstFitWeight: 2,
      repTls: { ca: 'a', cert: 'b', key: 'c' },
      lock: { address: '10.0.0.1:8891', ttlMs: 20_000, retryMs: 5000, owner: 'me', tls: undefined },
    });
  });

  it('tells of all unknown keys in one warning', () => {
    const result = read({ ...PLAIN, zeta: 1, consul_cluster: 'x', report_interval: '1m' });
    expect(result.ok && result.warnings).toEqual([
      'keys without effect here: consul_cluster, report_interval, zeta',
    ]);
  });

  it.each<[object, RegExp]>([
    [{}, /^bbs_address: "" is not an http or https address$/],
    [{ ...PLAIN, listen_address: 'x' }, /^listen_address: "x" is not host:port$/],
    [{ ...PLAIN, cell_state_timeout: 'soon' }, /^cell_state_timeout: "soon" is not a duration/],
    [{ ...PLAIN, lock_ttl: '0s' }, /^lock_ttl: "0s" is not more than 0$/],
    [{ ...PLAIN, rep_ca_cert: 'a' }, /^rep_client_cert, rep_client_key: not set/],
    [{ ...PLAIN, starting_container_weight: -1 }, /^starting_container_weight: -1 /],
    [{ ...PLAIN, locket_address: 'x' }, /^locket_address: "x" is not host:port$/],
  ])('%o is refused', (config, problem) => {
    expect(problemsOf(config)).toEqual([expect.stringMatching(problem)]);
  });

  it('must be an object', () => {
    expect(readAuctioneerConfig('[]')).toMatchObject({ ok: false });
    expect(readAuctioneerConfig('{')).toMatchObject({ ok: false });
  });
});

describe('troupe auctioneer', () => {
  it('takes the place of the original, until it is told to stop', async () => {
    const port = await freePort();
    const world = await startBbs(`http://127.0.0.1:${port}`);
    const rep = await startFakeRep('cell-a');
    await world.bbs.registerCell('cell-a', rep.url);
    const config = join(directory, 'auctioneer.json');
    writeFileSync(
      config,
      JSON.stringify({
        bbs_address: world.bbs.baseUrl,
        listen_address: `127.0.0.1:${port}`,
        debug_address: '127.0.0.1:17001',
      }),
    );
    const { host, raise, out, exited } = fakeHost();
    const running = auctioneerCommand(host, { config });
    try {
      await eventually('it is up', () => out().includes('auctioneer.started'));
      expect(out().match(/keys without effect here: debug_address/g)).toHaveLength(1);
      await world.desireLrp('guid');
      await eventually('the cell has work', () => rep.works.length === 1);
    } finally {
      raise('SIGTERM');
      await running;
      await world.bbs.stop();
      await rep.close();
    }
    expect(await exited).toBe(0);
  });

  it('says what is wrong with its file, and leaves with 1', async () => {
    const missing = fakeHost();
    await auctioneerCommand(missing.host, { config: join(directory, 'nowhere.json') });
    expect(await missing.exited).toBe(1);
    expect(missing.out()).toContain('no such file');
    const config = join(directory, 'bad.json');
    writeFileSync(config, JSON.stringify({ ...PLAIN, listen_address: 'x', bbs_address: 'y' }));
    const bad = fakeHost();
    await auctioneerCommand(bad.host, { config });
    expect(await bad.exited).toBe(1);
    expect(bad.out()).toContain('listen_address');
    expect(bad.out()).toContain('bbs_address');
  });
});
