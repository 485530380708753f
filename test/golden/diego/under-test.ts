import { type BbsUnderTest, startBbsUnderTest } from '../../bbs/support/bbs-under-test.ts';

export type { BbsUnderTest };

/** What the replay needs to start a server. */
export type StartBbs = (options: { readonly auctioneerAddress: string }) => Promise<BbsUnderTest>;

export const startBbs: StartBbs = async ({ auctioneerAddress }) =>
  await startBbsUnderTest({ store: 'memory', generation: 'today', auctioneerAddress });
