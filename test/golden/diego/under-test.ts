import { type BbsUnderTest, startBbsUnderTest } from '../../bbs/support/bbs-under-test.ts';

export type { BbsUnderTest };

/** What the replay needs to start a server. */
export type StartBbs = (options: { readonly auctioneerAddress: string }) => Promise<BbsUnderTest>;

/** `memory`, `lmdb`, or the address of an etcd. */
export const startBbsOn =
  (store: string): StartBbs =>
  async ({ auctioneerAddress }) =>
    await startBbsUnderTest({
      store: store === 'memory' || store === 'lmdb' ? store : { etcdHost: store },
      generation: 'today',
      isClockFrozen: true,
      auctioneerAddress,
    });

export const startBbs: StartBbs = startBbsOn('memory');
