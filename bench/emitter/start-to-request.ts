/** From the start of an instance at the BBS of a whole node to its first routed request. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startAppNode } from '../../test/node/support/app-node.ts';
import { ask } from '../../test/node/support/http-client.ts';
import { World } from '../../test/node/support/world.ts';
import {
  createBbsCommands,
  httpRoute,
  routesOf,
} from '../../test/route-emitter/support/bbs-commands.ts';

const GIVE_UP_MS = 5000;

/** Milliseconds of each start. The node runs every component and its own NATS server. */
export async function startToRequest(count: number): Promise<number[]> {
  const world = new World();
  const app = createServer((_request, answer) => answer.end('ok'));
  try {
    await new Promise<void>((resolve) => {
      app.listen(0, '127.0.0.1', resolve);
    });
    const { port } = app.address() as AddressInfo;
    // Nobody but this bench claims what it desires.
    const node = await startAppNode(world, { 'cell.enabled': false });
    const commands = createBbsCommands(`http://127.0.0.1:${node.bbsPort}`);
    const times: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const guid = `started-${index}`;
      const host = `${guid}.example`;
      await commands.desire({ process_guid: guid, routes: routesOf(httpRoute(host)) });
      const startMs = performance.now();
      await commands.start({
        guid,
        instance: `${guid}-0`,
        address: '127.0.0.1',
        mapped: [[8080, port]],
      });
      for (;;) {
        const { status } = await ask(node.node.ports.router, host);
        if (status === 200) break;
        if (performance.now() - startMs > GIVE_UP_MS) throw new Error(`${host}: ${status}`);
      }
      times.push(performance.now() - startMs);
    }
    commands.close();
    return times;
  } finally {
    app.close();
    await world.end();
  }
}
