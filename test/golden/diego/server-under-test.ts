/** The server that a history is played on: the BBS of this project, or one that plays back. */
export interface ServerUnderTest {
  /** `http://127.0.0.1:port` of the protobuf API. */
  readonly baseUrl: string;
  /** Moves the server's clock, at once. */
  advance(seconds: number): void;
  registerCell(cellId: string, repAddress: string): Promise<void>;
  releaseCell(cellId: string): Promise<void>;
  /** Resolves when everything that the last requests caused is done. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** `auctioneerAddress` is the address of the recording peers. */
export type StartServer = (auctioneerAddress: string) => Promise<ServerUnderTest>;
