/** The server that push adds to a droplet of plain files. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  STATIC_SERVER_FILE,
  STATIC_SERVER_SOURCE,
} from '../../../src/cli/app/static-server-source.ts';
import { NODE_COMMAND } from '../../node/support/troupe-node.ts';
import { eventually } from '../../node/support/world.ts';
import { temporaryDirectory } from '../../store/temporary-directory.ts';
import { freePort } from '../../support/free-ports.ts';

const outside = temporaryDirectory();
const directory = join(outside, 'site');
let child: ChildProcess;
let port = 0;

beforeAll(async () => {
  mkdirSync(join(directory, 'sub'), { recursive: true });
  writeFileSync(join(outside, 'secret.txt'), 'secret');
  writeFileSync(join(directory, 'index.html'), '<h1>home</h1>');
  writeFileSync(join(directory, 'sub', 'index.html'), 'sub');
  writeFileSync(join(directory, 'a b.css'), 'css');
  writeFileSync(join(directory, '.hidden'), 'hidden');
  symlinkSync('../secret.txt', join(directory, 'leak.txt'));
  writeFileSync(join(directory, STATIC_SERVER_FILE), STATIC_SERVER_SOURCE);
  port = await freePort();
  child = spawn(NODE_COMMAND, [STATIC_SERVER_FILE], {
    cwd: directory,
    env: { PORT: String(port) },
    stdio: 'inherit',
  });
  await eventually('it listens', async () => (await get('/').catch(() => undefined)) !== undefined);
});

afterAll(() => {
  child.kill('SIGKILL');
  rmSync(outside, { recursive: true });
});

function get(
  path: string,
  method = 'GET',
): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: '127.0.0.1', port, path, method }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          body,
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

it.each<[string, number, string]>([
  ['/', 200, '<h1>home</h1>'],
  ['/sub/', 200, 'sub'],
  ['/sub?x=1', 200, 'sub'],
  ['/a%20b.css', 200, 'css'],
  ['/nothing', 404, 'not found\n'],
  ['/../secret.txt', 404, 'not found\n'],
  ['/%2e%2e/secret.txt', 404, 'not found\n'],
  ['/..%2fsecret.txt', 404, 'not found\n'],
  ['/leak.txt', 404, 'not found\n'],
  ['/.hidden', 404, 'not found\n'],
  ['/%00', 404, 'not found\n'],
  ['/%zz', 404, 'not found\n'],
  [`/${STATIC_SERVER_FILE}`, 404, 'not found\n'],
])('GET %s → %i', async (path, status, body) => {
  expect(await get(path)).toMatchObject({ status, body });
});

it('knows types, HEAD, and refuses the rest', async () => {
  expect((await get('/a%20b.css')).type).toBe('text/css; charset=utf-8');
  expect(await get('/', 'HEAD')).toMatchObject({ status: 200, body: '' });
  expect((await get('/', 'POST')).status).toBe(405);
});

it('leaves with 0 when it is told to stop', async () => {
  const exited = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
});
