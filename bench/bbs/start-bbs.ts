/** A node whose BBS is measured, in a process of its own. */
import { request } from 'node:http';
import type { Child } from '../../test/node/support/child.ts';
import type { Settings } from '../../test/node/support/troupe-node.ts';
import { eventually, type World } from '../../test/node/support/world.ts';
import { freePort } from '../../test/support/free-ports.ts';

export interface RunningBbs {
  readonly url: string;
  readonly child: Child;
  /** From the start of the process until the first ping was answered. */
  readonly startMs: number;
}

const START_TIMEOUT_MS = 120_000;

/** Status and body of a POST; an empty body is a message with all defaults. */
export function post(url: string, body: Uint8Array = Buffer.alloc(0)): Promise<[number, Buffer]> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/x-protobuf', 'Content-Length': body.length };
    const sent = request(url, { method: 'POST', headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve([answer.statusCode ?? 0, Buffer.concat(chunks)]));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const isServing = async (url: string): Promise<boolean> => {
  const [status] = await post(`${url}/v1/ping`).catch(() => [0]);
  return status === 200;
};

/** On the store in `dataDir`, or a new one. */
export async function startBbs(
  world: World,
  dataDir: string,
  settings: Settings = {},
): Promise<RunningBbs> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const startedMs = performance.now();
  const { child } = world.launchNode(await world.nodePorts(), dataDir, {
    'store.type': 'lmdb',
    'bbs.enabled': true,
    'bbs.port': port,
    'receptor.enabled': false,
    'locket.enabled': false,
    ...settings,
  });
  const isUp = async (): Promise<boolean> => {
    if (child.hasEnded) throw new Error(`the node ended:\n${child.text}`);
    return await isServing(url);
  };
  await eventually('the BBS answers a ping', isUp, START_TIMEOUT_MS);
  return { url, child, startMs: performance.now() - startedMs };
}
