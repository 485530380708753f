import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type EtcdServer,
  isEtcdInstalled,
  isEtcdRequired,
  startEtcd,
} from '../../store/etcd-server.ts';
import { type BbsUnderTestOptions, startBbsUnderTest } from '../support/bbs-under-test.ts';
import { playRow } from './play-row.ts';
import { generationsOf, loadTable, type StoreName, tableNames } from './transition-row.ts';

/**
 * Every row of the transition tables of diego.md §3, §4 and §6, through the public API.
 * `node test/bbs/transitions/run.ts --id "§3.1 RUNNING"` plays some of them.
 */
const rowTimeoutMs = 60_000;

function playTables(storeName: StoreName, storeOf: () => BbsUnderTestOptions['store']): void {
  describe.each(tableNames.map((name) => [name.replace('.json', ''), name] as const))(
    '%s',
    (_, name) => {
      // A row that a store cannot decide says why in the table (`except`).
      const plays = loadTable(name)
        .filter((row) => row.except?.[storeName] === undefined)
        .flatMap((row) => generationsOf(row).map((generation) => ({ row, generation })));
      for (const { row, generation } of plays) {
        test.concurrent(
          `${row.id} [${generation}]`,
          async () => {
            const problems = await playRow(row, generation, (era, auctioneerAddress) =>
              startBbsUnderTest({ store: storeOf(), generation: era, auctioneerAddress }),
            );
            expect(problems.join('\n')).toBe('');
          },
          rowTimeoutMs,
        );
      }
    },
  );
}

describe('in memory', () => playTables('memory', () => 'memory'));

describe('in lmdb', () => playTables('lmdb', () => 'lmdb'));

describe.runIf(isEtcdInstalled || isEtcdRequired)('in etcd', () => {
  let etcd: EtcdServer;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.stop());
  playTables('etcd', () => ({ etcdHost: etcd.host }));
});
