import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/free-ports.ts';

export interface RealServer {
  readonly port: number;
  stop(): Promise<void>;
}

const COMMAND = 'nats-server';
const START_ATTEMPTS = 3;

/** The version of the installed nats-server; undefined when there is none. */
export function realServerVersion(): string | undefined {
  const answer = spawnSync(COMMAND, ['--version'], { encoding: 'utf8' });
  return answer.status === 0 ? /v?(\d+\.\d+\.\d+)/.exec(answer.stdout)?.[1] : undefined;
}

/** Another process may take the free port first, so that starting is tried again. */
export async function startRealServer(configuration: string): Promise<RealServer> {
  let lastError: unknown;
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt += 1) {
    try {
      return await startOnce(configuration);
    } catch (error) {
      lastError = error;
    }
  }
  throw lastError;
}

async function startOnce(configuration: string): Promise<RealServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'troupe-nats-'));
  const file = join(folder, 'nats.conf');
  writeFileSync(file, `host: 127.0.0.1\nport: ${port}\n${configuration}\n`);
  const child = spawn(COMMAND, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = async (): Promise<void> => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`nats-server did not start: ${output}`)));
    child.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Server is ready')) resolve();
    });
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
