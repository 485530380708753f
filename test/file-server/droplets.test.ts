/** Uploads, downloads, and what must never stay or be served. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { FileServerOptions } from '../../src/file-server/options.ts';
import { eventually } from '../node/support/world.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';
import { type FileServerUnderTest, startFileServer } from './file-server-kit.ts';

let dataDir = '';
let server: FileServerUnderTest;

beforeEach(async () => {
  dataDir = temporaryDirectory();
  server = await startFileServer(dataDir);
});

afterEach(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true });
});

async function restart(more: Partial<FileServerOptions> = {}): Promise<void> {
  await server.stop();
  server = await startFileServer(dataDir, more);
}

const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');
const at = (name: string): string => `${server.url}/v1/droplets/${name}`;
const put = (name: string, body: string, headers: Record<string, string> = {}) =>
  fetch(at(name), { method: 'PUT', body, headers });
const statusOf = async (name: string): Promise<number> => (await fetch(at(name))).status;
const files = (): string[] => readdirSync(server.directory);

it('gives back what was put, with its checksum', async () => {
  const stored = await put('app-1.tgz', 'bytes', { 'x-checksum-sha256': sha256('bytes') });
  expect(stored.status).toBe(201);
  expect(await stored.json()).toMatchObject({
    name: 'app-1.tgz',
    bytes: 5,
    sha256: sha256('bytes'),
  });
  const got = await fetch(at('app-1.tgz'));
  expect([got.status, await got.text()]).toEqual([200, 'bytes']);
  expect(got.headers.get('etag')).toBe(`"${sha256('bytes')}"`);
  expect(got.headers.get('x-checksum-sha256')).toBe(sha256('bytes'));
  expect(got.headers.get('content-length')).toBe('5');
});

it('answers HEAD, and 304 to who has it already', async () => {
  await put('a', 'bytes');
  const head = await fetch(at('a'), { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '5']);
  expect(await head.text()).toBe('');
  const etag = head.headers.get('etag') ?? '';
  for (const known of [etag, `"x", W/${etag}`, '*']) {
    const again = await fetch(at('a'), { headers: { 'if-none-match': known } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  }
  const other = await fetch(at('a'), { headers: { 'if-none-match': '"x"' } });
  expect(other.status).toBe(200);
});

it('replaces a droplet as a whole, also by POST', async () => {
  await put('a', 'old');
  const replaced = await fetch(at('a'), { method: 'POST', body: 'new' });
  expect(replaced.status).toBe(200);
  expect(await (await fetch(at('a'))).text()).toBe('new');
  expect(files()).toEqual([`a@${sha256('new')}`]);
});

it('deletes', async () => {
  await put('a', 'bytes');
  expect((await fetch(at('a'), { method: 'DELETE' })).status).toBe(204);
  expect(await statusOf('a')).toBe(404);
  expect((await fetch(at('a'), { method: 'DELETE' })).status).toBe(404);
  expect(files()).toEqual([]);
});

it('lists what it has', async () => {
  await put('a', '1');
  await put('b', '22');
  const list = (await (await fetch(`${server.url}/v1/droplets`)).json()) as { name: string }[];
  expect(list.map(({ name }) => name)).toEqual(['a', 'b']);
});

it('refuses a wrong checksum, and keeps what was there', async () => {
  await put('a', 'old');
  const wrong = await put('a', 'new', { 'x-checksum-sha256': sha256('other') });
  expect(wrong.status).toBe(422);
  expect(await wrong.json()).toEqual({
    error: `the checksum is ${sha256('new')}, not ${sha256('other')}`,
  });
  expect(await (await fetch(at('a'))).text()).toBe('old');
  const query = await fetch(`${at('a')}?sha256=${sha256('x')}`, { method: 'PUT', body: 'new' });
  expect(query.status).toBe(422);
  expect((await put('a', 'new', { 'x-checksum-sha256': 'abc' })).status).toBe(400);
  expect(files()).toEqual([`a@${sha256('old')}`]);
});

/** As written: `fetch` would tidy the path up. */
function rawStatus(path: string, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(server.url, { path, method }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

it.each([
  ['/v1/droplets/../../etc/passwd', 400],
  ['/v1/droplets/%2e%2e%2fsecret', 400],
  ['/v1/droplets/..', 400],
  ['/v1/droplets/.upload-x', 400],
  ['/v1/droplets/a/b', 400],
  ['/v1/droplets/a@b', 400],
  ['/v1/droplets/', 400],
  [`/v1/droplets/${'a'.repeat(129)}`, 400],
  [`/v1/droplets/${'a'.repeat(128)}`, 404],
  ['/v1/other', 404],
  ['/', 404],
])('GET %s → %i', async (path, status) => {
  writeFileSync(join(dataDir, 'secret'), 'secret');
  expect(await rawStatus(path)).toBe(status);
  if (status === 400) expect(await rawStatus(path, 'PUT')).toBe(400);
});

it('refuses methods that it does not know, and web pages', async () => {
  const patch = await fetch(at('a'), { method: 'PATCH', body: 'x' });
  expect([patch.status, patch.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT, POST, DELETE']);
  const page = await put('a', 'bytes', { origin: 'http://evil.example' });
  expect(page.status).toBe(403);
  expect(files()).toEqual([]);
});

it('takes nothing above the limit, announced or not', async () => {
  await restart({ maxDropletBytes: 100_000 });
  expect((await put('a', 'x'.repeat(100_000))).status).toBe(201);
  expect((await put('b', 'x'.repeat(100_001))).status).toBe(413);
  const status = await new Promise<number>((resolve, reject) => {
    const outgoing = httpRequest(at('c'), { method: 'PUT' }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
      outgoing.destroy();
    });
    outgoing.on('error', reject);
    // Without a length: chunk by chunk.
    for (let count = 0; count < 4; count += 1) outgoing.write('x'.repeat(50_000));
  });
  expect(status).toBe(413);
  await eventually('no temporary file', () => files().length === 1);
});

it('keeps nothing of an upload that was cut off', async () => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write('PUT /v1/droplets/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf');
  await eventually('it has begun', () => files().length === 1);
  // The name is taken while it lasts.
  expect((await put('a', 'bytes')).status).toBe(409);
  socket.destroy();
  await eventually('it is gone', () => files().length === 0);
  expect(await statusOf('a')).toBe(404);
  expect((await put('a', 'bytes')).status).toBe(201);
});

it('has everything again after a restart, and nothing that a crash left', async () => {
  await put('a', 'bytes');
  writeFileSync(join(server.directory, '.upload-0000'), 'half');
  writeFileSync(join(server.directory, 'a stranger'), 'not ours');
  await restart();
  expect(await (await fetch(at('a'))).text()).toBe('bytes');
  expect(files().toSorted()).toEqual(['a stranger', `a@${sha256('bytes')}`]);
});

it('after a crash between the two steps of a replacement the newer one counts', async () => {
  await put('a', 'old');
  await new Promise((resolve) => setTimeout(resolve, 20));
  writeFileSync(join(server.directory, `a@${sha256('new')}`), 'new');
  await restart();
  expect(await (await fetch(at('a'))).text()).toBe('new');
  expect(files()).toEqual([`a@${sha256('new')}`]);
});

it('deletes what was not used for longest, but nothing that was used lately', async () => {
  await restart({ maxDroplets: 2, keepMs: 60_000 });
  await put('a', '1');
  await put('b', '1');
  await put('c', '1');
  expect(files()).toHaveLength(3);
  server.advance(120_000);
  await fetch(at('a'));
  await put('d', '1');
  expect([
    await statusOf('a'),
    await statusOf('b'),
    await statusOf('c'),
    await statusOf('d'),
  ]).toEqual([200, 404, 404, 200]);
});

it('refuses what the store has no room for, and makes room from what is old', async () => {
  await restart({ maxTotalBytes: 100, keepMs: 60_000 });
  expect((await put('a', 'x'.repeat(60))).status).toBe(201);
  const full = await put('b', 'x'.repeat(60));
  expect([full.status, await full.json()]).toEqual([
    507,
    { error: 'there is no room for more droplets' },
  ]);
  server.advance(120_000);
  expect((await put('b', 'x'.repeat(60))).status).toBe(201);
  expect(await statusOf('a')).toBe(404);
});

it('says what to do when its directory cannot be used', async () => {
  const file = join(dataDir, 'file');
  writeFileSync(file, '');
  await expect(startFileServer(file)).rejects.toThrow();
  expect(existsSync(file)).toBe(true);
});

it('streams a large droplet unchanged', async () => {
  const large = Buffer.alloc(20 * 1024 * 1024, 'abcdefg');
  const stored = await fetch(at('large'), {
    method: 'PUT',
    body: large,
    headers: { 'x-checksum-sha256': sha256(large) },
  });
  expect(stored.status).toBe(201);
  const got = Buffer.from(await (await fetch(at('large'))).arrayBuffer());
  expect(sha256(got)).toBe(sha256(large));
});
