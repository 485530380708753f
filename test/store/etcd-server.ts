import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { freePort } from '../support/free-ports.ts';
import { sleep } from './contract/kit.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const COMMAND = process.env['ETCD'] ?? 'etcd';

function findVersion(): string | undefined {
  try {
    return execFileSync(COMMAND, ['--version'], { encoding: 'utf8' }).split('\n')[0];
  } catch {
    return undefined;
  }
}

const version = findVersion();

export const isEtcdInstalled = version !== undefined;
/** `.ci/run` sets it: there, a missing server is a failure. */
export const isEtcdRequired = process.env['REQUIRE_REAL_SERVERS'] === '1';

export interface EtcdServer {
  readonly host: string;
  readonly process: ChildProcess;
  /** Kills the process at once and starts another on the same data and ports. */
  restart(): Promise<void>;
  stop(): void;
}

async function isHealthy(host: string): Promise<boolean> {
  try {
    const response = await fetch(`${host}/health`);
    return (await response.text()).includes('true');
  } catch {
    return false;
  }
}

/** One member with short heartbeats: leases may then be as short as 1 s. */
export async function startEtcd(): Promise<EtcdServer> {
  const directory = temporaryDirectory();
  const host = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const args = ['--data-dir', directory, '--log-level', 'error', '--logger', 'zap'];
  args.push('--listen-client-urls', host, '--advertise-client-urls', host);
  args.push('--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer);
  args.push('--initial-cluster', `default=${peer}`);
  args.push('--heartbeat-interval', '20', '--election-timeout', '200');
  let child: ChildProcess;

  async function start(): Promise<void> {
    child = spawn(COMMAND, args, { stdio: 'ignore' });
    const endMs = performance.now() + 15_000;
    while (!(await isHealthy(host))) {
      if (performance.now() > endMs) throw new Error('etcd does not start');
      await sleep(20);
    }
  }

  async function kill(): Promise<void> {
    const gone = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    child.kill('SIGKILL');
    await gone;
  }

  await start();
  return {
    host,
    get process() {
      return child;
    },
    async restart() {
      await kill();
      await start();
    },
    stop() {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
