/** BBS, auctioneer, file server, router status and cells, as the command line meets them. */
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { addAppToStart, registerAppCommands } from '../../../src/cli/app/register.ts';
import { writeNodeFile } from '../../../src/cli/node-file.ts';
import { startAuctioneer } from '../../auctioneer/auctioneer-kit.ts';
import { type OpenedBbs, startBbsUnderTest } from '../../bbs/support/bbs-under-test.ts';
import { startFileServer } from '../../file-server/file-server-kit.ts';
import { temporaryDirectory } from '../../store/temporary-directory.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { freePort } from '../../support/free-ports.ts';
import { PuppetCell } from './puppet-cell.ts';

export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly ended: Promise<Ran>;
  out(): string;
  err(): string;
  interrupt(): void;
}

/** One call of the command, in this process. */
export function runCli(
  words: readonly string[],
  given: { isTerminal?: boolean; environment?: Record<string, string> } = {},
): Running {
  const { host, exited, fail, out, err, raise } = fakeHost({ argv: words, ...given });
  const program = new Command('troupe')
    .exitOverride()
    .configureOutput({ writeOut: host.writeOut, writeErr: host.writeError });
  addAppToStart(program.command('start'), host, async () => host.writeOut('a node starts\n'));
  registerAppCommands(program, host);
  const parsed = program.parseAsync(['node', 'troupe', ...words]).catch((error: unknown) => {
    if (error instanceof CommanderError) host.exit(error.exitCode === 0 ? 0 : 2);
    else fail(error);
  });
  return {
    ended: exited.then(async (exit) => {
      await parsed;
      return { exit, out: out(), err: err() };
    }),
    out,
    err,
    interrupt: () => raise('SIGINT'),
  };
}

/** Says that every instance of the cells is routed. */
async function startStatus(hosts: () => Readonly<Record<string, readonly string[]>>) {
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    const routes = Object.entries(hosts()).map(([host, addresses]) => [
      host,
      addresses.map((address) => ({ address, ttl: 120, tags: { app_name: 'x' } })),
    ]);
    response.end(JSON.stringify(Object.fromEntries(routes)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, server, authorizations };
}

/** `hello-0a1b2c3d` is a version of the app `hello`. */
const hostOf = (processGuid: string): string =>
  `${processGuid.replace(/-[0-9a-f]{8}$/, '')}.localhost`;

export class AppWorld {
  readonly dataDir = temporaryDirectory();
  readonly cells: PuppetCell[] = [];
  bbs!: OpenedBbs;
  fileServer!: Awaited<ReturnType<typeof startFileServer>>;
  status!: Awaited<ReturnType<typeof startStatus>>;
  #auctioneer!: ReturnType<typeof startAuctioneer>;
  /** What the router lists: by default every instance under the name of its app. */
  routes: () => Readonly<Record<string, readonly string[]>> = () => {
    const all = this.cells.flatMap((cell) => [...cell.instances.values()]);
    const byHost = Map.groupBy(all, ({ processGuid }) => hostOf(processGuid));
    return Object.fromEntries(
      [...byHost].map(([host, own]) => [host, own.map(({ hostPort }) => `127.0.0.1:${hostPort}`)]),
    );
  };

  async start(cells = 1): Promise<void> {
    const port = await freePort();
    this.bbs = await startBbsUnderTest({
      store: 'memory',
      generation: 'today',
      auctioneerAddress: `http://127.0.0.1:${port}`,
    });
    this.#auctioneer = startAuctioneer(this.bbs.baseUrl, { port });
    await this.#auctioneer.system.ready;
    this.fileServer = await startFileServer(this.dataDir);
    this.status = await startStatus(() => this.routes());
    for (let number = 1; number <= cells; number += 1) await this.addCell(`cell-${number}`);
    writeNodeFile(this.dataDir, {
      pid: 1,
      bbs_url: this.bbs.baseUrl,
      router_url: 'http://localhost:8080',
      status_url: this.status.url,
      status_user: 'status',
      status_password: 'secret',
      file_server_url: this.fileServer.url,
      nats_url: 'nats://127.0.0.1:4222',
      domain: 'localhost',
    });
  }

  async addCell(cellId: string): Promise<PuppetCell> {
    const cell = new PuppetCell(cellId, this.bbs.baseUrl);
    await cell.listen();
    this.cells.push(cell);
    await this.bbs.registerCell(cellId, cell.url);
    return cell;
  }

  get cell(): PuppetCell {
    const [cell] = this.cells;
    if (cell === undefined) throw new Error('there is no cell');
    return cell;
  }

  run(...words: string[]): Promise<Ran> {
    return this.begin(...words).ended;
  }

  begin(...words: string[]): Running {
    return runCli(words, { environment: { TROUPE_DATA_DIR: this.dataDir } });
  }

  /** The one document that the command writes. */
  async json<T>(...words: string[]): Promise<T> {
    const { exit, out, err } = await this.run(...words, '--json');
    if (exit !== 0) throw new Error(`exit ${exit}: ${err}`);
    return JSON.parse(out) as T;
  }

  path = (...parts: string[]): string => join(this.dataDir, ...parts);

  async stop(): Promise<void> {
    await this.#auctioneer.stop();
    await this.bbs.stop();
    await this.fileServer.stop();
    for (const cell of this.cells) await cell.close();
    this.status.server.closeAllConnections();
    await new Promise((resolve) => this.status.server.close(resolve));
    rmSync(this.dataDir, { recursive: true });
  }
}
