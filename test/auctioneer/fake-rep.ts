/** A cell that says what it is told to say, and notes the work that it is given. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Readonly<Record<string, unknown>>;

export interface FakeRep {
  readonly url: string;
  readonly works: Json[];
  stateRequests: number;
  /** Of GET /state. */
  state: Json;
  stateStatus: number;
  workStatus: number;
  /** What POST /work answers with; it may wait. */
  onWork: (work: Json) => unknown;
  close(): Promise<void>;
}

const RESOURCES = { MemoryMB: 1000, DiskMB: 1000, Containers: 10 };

/** As a cell of today writes it (diego.md §13.3). */
export const repState = (cellId: string, more: Json = {}): Json => ({
  rep_url: '',
  cell_id: cellId,
  cell_index: 0,
  RootFSProviders: { preloaded: { type: 'fixed_set', set: { cflinuxfs4: {} } } },
  AvailableResources: RESOURCES,
  TotalResources: RESOURCES,
  LRPs: [],
  Tasks: [],
  StartingContainerCount: 0,
  Zone: 'z1',
  Evacuating: false,
  VolumeDrivers: [],
  PlacementTags: [],
  OptionalPlacementTags: [],
  ProxyMemoryAllocationMB: 0,
  ...more,
});

async function bodyOf(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Json;
}

export async function startFakeRep(cellId: string): Promise<FakeRep> {
  const server = createServer(async (request, response) => {
    if (request.url === '/state') {
      rep.stateRequests += 1;
      response.writeHead(rep.stateStatus).end(JSON.stringify(rep.state));
      return;
    }
    const work = await bodyOf(request);
    rep.works.push(work);
    response.writeHead(rep.workStatus).end(JSON.stringify(await rep.onWork(work)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const rep: FakeRep = {
    url: `http://127.0.0.1:${port}`,
    works: [],
    stateRequests: 0,
    state: repState(cellId),
    stateStatus: 200,
    workStatus: 200,
    onWork: () => ({}),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return rep;
}
