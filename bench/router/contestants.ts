import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { join } from 'node:path';
import { Child } from '../../test/node/support/child.ts';
import { NODE_COMMAND } from '../../test/node/support/troupe-node.ts';
import { eventually, registration, type World } from '../../test/node/support/world.ts';
import { freePort } from '../../test/support/free-ports.ts';
import { haproxyConfiguration, nginxConfiguration } from './configurations.ts';
import { BENCH_HOST } from './run-wrk.ts';

export interface Contestant {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
}

const file = (name: string): string => join(import.meta.dirname, name);

/** First line of a program's answer to its version flag; undefined when it is not installed. */
export function versionOf(command: string, flag: string): string | undefined {
  const { error, stdout, stderr } = spawnSync(command, [flag], { encoding: 'utf8' });
  return error === undefined ? `${stdout}${stderr}`.trim().split('\n')[0] : undefined;
}

const accepts = (port: number) => () =>
  new Promise<boolean>((resolve) => {
    const socket = dial(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

async function started(world: World, name: string, port: number, child: Child) {
  world.onEnd(() => child.kill());
  await eventually(`${name} listens: ${child.text}`, accepts(port));
  return { name, port, pid: child.pid };
}

export async function startBackend(world: World): Promise<number> {
  const port = await freePort();
  const child = new Child(NODE_COMMAND, [file('backend.ts'), `${port}`]);
  await started(world, 'backend', port, child);
  return port;
}

export async function startNginx(world: World, backendPort: number): Promise<Contestant> {
  const port = await freePort();
  const folder = world.dataDir();
  writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration({ port, backendPort }, folder));
  const words = ['-c', join(folder, 'nginx.conf'), '-p', folder];
  return started(world, 'nginx', port, new Child('nginx', words));
}

export async function startHaproxy(world: World, backendPort: number): Promise<Contestant> {
  const port = await freePort();
  const folder = world.dataDir();
  const configuration = join(folder, 'haproxy.cfg');
  writeFileSync(configuration, haproxyConfiguration({ port, backendPort }));
  const log = openSync(join(folder, 'haproxy.log'), 'a');
  const child = new Child('haproxy', ['-db', '-f', configuration], { outputFile: log });
  closeSync(log);
  return started(world, 'HAProxy', port, child);
}

export async function startBare(world: World, backendPort: number): Promise<Contestant> {
  const port = await freePort();
  const words = [file('bare-forwarder.ts'), port, backendPort, join(world.dataDir(), 'access.log')];
  return started(world, 'node:http, bare', port, new Child(NODE_COMMAND, words.map(String)));
}

export interface Background {
  readonly routes: number;
  readonly registrationsPerSecond: number;
}

/** This router, as `npm start` runs it, with as many other routes as wanted. */
export async function startTroupe(
  world: World,
  backendPort: number,
  engine: 'wire' | 'http-proxy',
  background: Background,
): Promise<Contestant> {
  const node = await world.startNode({
    'router.droplet_stale_threshold': '1h',
    'router.engine': engine,
  });
  const client = await world.connect(node.natsUrl);
  client.publish('router.register', registration(backendPort, BENCH_HOST));
  await client.flush();
  const { routes, registrationsPerSecond } = background;
  if (routes > 0) {
    const words = [node.natsUrl, routes, registrationsPerSecond].map(String);
    const child = new Child(NODE_COMMAND, [file('register-routes.ts'), ...words]);
    world.onEnd(() => child.kill());
    await child.printed('all registered', 60_000);
  }
  const isFilled = async () => (await node.registryCounts()).routes === routes + 1;
  await eventually('all routes are there', isFilled, 60_000);
  const own = `this router, ${engine}`;
  const name = routes === 0 ? own : `${own}, ${routes} routes, ${registrationsPerSecond} reg/s`;
  return { name, port: node.ports.router, pid: node.child.pid };
}
