/** examples/hello as a cell runs it: no package but Node, no NATS, the cell's environment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HELLO_FOLDER, NODE_COMMAND } from '../node/support/troupe-node.ts';
import { eventually } from '../node/support/world.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';
import { freePort } from '../support/free-ports.ts';

let directory = '';
let child: ChildProcess | undefined;
let text = '';
let port = 0;

/** Far from the project's packages, as a droplet is. */
beforeEach(async () => {
  directory = temporaryDirectory();
  cpSync(HELLO_FOLDER, join(directory, 'app'), { recursive: true });
  port = await freePort();
});

afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

async function start(more: Readonly<Record<string, string>>): Promise<ChildProcess> {
  text = '';
  const own = spawn(NODE_COMMAND, ['index.js'], {
    cwd: join(directory, 'app'),
    env: { PORT: String(port), CF_INSTANCE_IP: '127.0.0.1', ...more },
  });
  child = own;
  own.stdout.on('data', (chunk) => {
    text += chunk;
  });
  own.stderr.on('data', (chunk) => {
    text += chunk;
  });
  await eventually(`it listens: ${text}`, () => text.includes('listens on'));
  return own;
}

const ON_CELL = { CF_INSTANCE_GUID: 'guid', CF_INSTANCE_INDEX: '2' };
const url = (path: string) => `http://127.0.0.1:${port}${path}`;
const exitOf = (own: ChildProcess) =>
  new Promise<number | null>((resolve) => own.on('exit', (code) => resolve(code)));

it.each<[string, Record<string, string>, string]>([
  ['CF_INSTANCE_INDEX', ON_CELL, '2'],
  ['INSTANCE_INDEX', { VCAP_APPLICATION: '{}', INSTANCE_INDEX: '1' }, '1'],
])('answers with its index (%s) and registers nothing', async (_name, environment, index) => {
  await start(environment);
  const answer = await fetch(url('/a'));
  expect(await answer.text()).toContain(`Hello from instance ${index} on port ${port}\nGET /a\n`);
  expect(answer.headers.get('set-cookie')).toBeNull();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(text).not.toContain('NATS');
});

it('gives a sticky session to who asks for one', async () => {
  await start(ON_CELL);
  const answer = await fetch(url('/sticky?x=1'));
  expect(answer.headers.get('set-cookie')).toBe('JSESSIONID=instance-2; Path=/');
});

it('finishes what it has begun, ends the connections, and leaves with 0', async () => {
  const own = await start(ON_CELL);
  const exited = exitOf(own);
  const agent = new Agent({ keepAlive: true });
  const slow = new Promise<{ status: number; connection: string }>((resolve, reject) => {
    const outgoing = httpRequest(url('/slow?ms=1000'), { agent }, (response) => {
      response.resume();
      const { statusCode: status = 0, headers } = response;
      response.on('end', () => resolve({ status, connection: headers.connection ?? '' }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  own.kill('SIGTERM');
  await eventually('it drains', () => text.includes('SIGTERM: draining'));
  expect(await slow).toEqual({ status: 200, connection: 'close' });
  expect(await exited).toBe(0);
  expect(text).toContain('stopped');
  agent.destroy();
});
