/** What the replay needs of a server (test/bbs/support/bbs-under-test.ts starts ours). */
export interface BbsUnderTest {
  readonly baseUrl: string;
  advance(seconds: number): void;
  registerCell(cellId: string, repAddress: string): Promise<void>;
  releaseCell(cellId: string): Promise<void>;
  idle(): Promise<void>;
  stop(): Promise<void>;
}

export type StartBbs = (options: { readonly auctioneerAddress: string }) => Promise<BbsUnderTest>;

interface Support {
  startBbsUnderTest(options: {
    readonly store: 'memory' | 'lmdb' | { readonly etcdHost: string };
    readonly generation: 'today' | '2015';
    readonly auctioneerAddress: string;
  }): Promise<BbsUnderTest>;
}

export const startBbs: StartBbs = async ({ auctioneerAddress }) => {
  const module = new URL('../../bbs/support/bbs-under-test.ts', import.meta.url).href;
  const { startBbsUnderTest } = (await import(module)) as Support;
  return await startBbsUnderTest({ store: 'memory', generation: 'today', auctioneerAddress });
};
