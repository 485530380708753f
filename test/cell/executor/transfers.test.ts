import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Entry, sumOf, tarOf, tgzOf } from '../support/archives.ts';
import {
  action,
  begin,
  executorKit,
  fileOf,
  inState,
  type Kit,
  lrp,
  outcome,
  readIf,
  request,
  shell,
  task,
  until,
} from '../support/executor-kit.ts';

const GOOD: readonly Entry[] = [
  { path: 'bin/', mode: 0o755 },
  { path: 'bin/start', text: '#!/bin/sh\necho started\n', mode: 0o755 },
  { path: './readme', text: 'read me' },
  { path: 'latest', link: 'bin/start' },
];
const DROPLET = tgzOf(GOOD);

const files = new Map<string, Buffer>();
const uploads: string[] = [];
let server: Server;
let base = '';
let open = 0;

beforeAll(async () => {
  server = createServer(async (incoming, response) => {
    const { url = '', method } = incoming;
    if (method !== 'GET') {
      let text = '';
      for await (const chunk of incoming) text += chunk;
      uploads.push(`${method} ${url} ${text}`);
      const status = url === '/refused' ? 500 : url === '/put' && method === 'POST' ? 405 : 201;
      response.writeHead(status).end();
    } else if (url === '/slow') {
      open += 1;
      response.on('close', () => {
        open -= 1;
      });
      response.writeHead(200);
      response.write('x');
    } else if (url === '/moved') {
      response.writeHead(302, { location: '/droplet' }).end();
    } else if (url === '/circle') {
      response.writeHead(302, { location: '/circle' }).end();
    } else if (url === '/away') {
      response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    } else {
      const file = files.get(url);
      response.writeHead(file === undefined ? 404 : 200).end(file);
    }
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  files.set('/droplet', DROPLET);
  files.set('/plain.tar', tarOf(GOOD));
  files.set('/text', Buffer.from('only text'));
  files.set('/zip', Buffer.from('PK\u0003\u0004 and so on'));
  files.set('/cut', DROPLET.subarray(0, 60));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let kit: Kit;
beforeEach(() => {
  kit = executorKit();
});
afterEach(async () => {
  expect(await kit.close()).toEqual([]);
});

const download = (from: string, more: Partial<Record<string, string>> = {}) =>
  action({
    download_action: {
      artifact: '',
      from,
      to: '/home/vcap/app',
      cache_key: '',
      log_source: '',
      user: 'vcap',
      checksum_algorithm: '',
      checksum_value: '',
      ...more,
    },
  });

const app = (path: string, guid = 't'): string => fileOf(kit, guid, `home/vcap/app/${path}`);

describe('a download', () => {
  it.each(['/droplet', '/plain.tar', '/moved'])(
    'of %s is unpacked, and can be run',
    async (url) => {
      const own = request(shell('cd app; cat readme; exec ./latest'), {
        setup: download(`${base}${url}`, { artifact: 'droplet', log_source: 'STG' }),
      });
      expect(await outcome(kit, lrp('a'), own)).toMatchObject({ isFailed: false });
      const lines = kit.lines();
      expect(lines).toContain('STG Downloading droplet...');
      expect(lines.some((line) => /^STG Downloaded droplet \([\d.]+[BK]\)$/.test(line))).toBe(true);
      expect(lines).toContain('APP read mestarted');
    },
  );

  it.each(['md5', 'sha1', 'sha256'])('with a right %s is taken', async (algorithm) => {
    const checksum = {
      checksum_algorithm: algorithm,
      checksum_value: sumOf(algorithm, DROPLET).toUpperCase(),
    };
    const result = await outcome(kit, task('t'), request(download(`${base}/droplet`, checksum)));
    expect(result?.isFailed).toBe(false);
    expect(readIf(app('readme'))).toBe('read me');
  });

  it('with a wrong checksum fails, and nothing of it is unpacked', async () => {
    const checksum = {
      checksum_algorithm: 'sha256',
      checksum_value: sumOf('sha256', Buffer.from('')),
    };
    const result = await outcome(kit, task('t'), request(download(`${base}/droplet`, checksum)));
    expect(result?.failureReason).toBe('Downloading failed: the checksum does not match');
    expect(existsSync(app(''))).toBe(false);
    expect(readdirSync(fileOf(kit, 't', '')).toSorted()).toEqual(['home', 'tmp']);
  });

  it.each([
    ['/nothing', 'answered 404'],
    ['/circle', 'led from one address to the next too often'],
    ['/away', 'led to a forbidden address'],
    ['/text', 'not a tar archive'],
    ['/zip', 'zip archives are not supported'],
  ])('of %s fails: %s', async (url, reason) => {
    const result = await outcome(kit, task('t'), request(download(`${base}${url}`)));
    expect(result).toMatchObject({
      isFailed: true,
      failureReason: `Downloading failed: ${reason}`,
    });
  });

  it.each([
    ['http://127.0.0.1:1/x', /^Downloading failed: ECONNREFUSED$/],
    ['ftp://127.0.0.1/x', /^Downloading failed: ftp: is not supported$/],
    ['nonsense', /^Downloading failed: not an address$/],
    ['file:///no/such/droplet', /^Downloading failed: ENOENT$/],
  ])('from %s fails', async (from, reason) => {
    const result = await outcome(kit, task('t'), request(download(from)));
    expect(result?.failureReason).toMatch(reason);
  });

  it('of an archive that is cut off fails', async () => {
    const result = await outcome(kit, task('t'), request(download(`${base}/cut`)));
    expect(result?.failureReason).toMatch(/^Downloading failed: the archive cannot be unpacked/);
  });

  it('takes a file of this machine', async () => {
    const top = mkdtempSync(join(tmpdir(), 'troupe-droplet-'));
    writeFileSync(join(top, 'droplet.tgz'), DROPLET);
    const own = request(download(`file://${join(top, 'droplet.tgz')}`, { to: 'app' }));
    expect((await outcome(kit, task('t'), own))?.isFailed).toBe(false);
    expect(readIf(app('readme'))).toBe('read me');
    rmSync(top, { recursive: true });
  });

  it('ends at once when the container is stopped', async () => {
    begin(kit, task('t'), request(download(`${base}/slow`)));
    await until('it is under way', () => open === 1);
    kit.executor.stop('t');
    expect((await inState(kit, 't', 'completed')).result?.isStopped).toBe(true);
    await until('the connection is closed', () => open === 0);
  });

  it('above the disk of the container fails', async () => {
    files.set('/big', tgzOf([{ path: 'big', text: 'x'.repeat(3 << 20) }]));
    const own = request(download(`${base}/big`));
    const result = await outcome(kit, task('t', { diskMb: 2 }), own);
    expect(result?.failureReason).toBe('Downloading failed: the archive is too large');
  });

  it('of what is cached comes before setup and action', async () => {
    const own = request(shell('cat app/readme'), {
      cachedDependencies: [
        {
          name: 'lifecycle',
          from: `${base}/droplet`,
          to: '/home/vcap/app',
          cache_key: '',
          log_source: '',
          checksum_algorithm: 'md5',
          checksum_value: sumOf('md5', DROPLET),
        },
      ],
    });
    await outcome(kit, lrp('a'), own);
    expect(kit.lines().slice(0, 2)).toEqual([
      'CELL Creating container',
      'APP Downloading lifecycle...',
    ]);
    expect(kit.lines()).toContain('APP read me');
  });
});

describe('an archive that leads out of its target', () => {
  const bad: readonly (readonly [string, readonly Entry[]])[] = [
    ['by its path', [{ path: '../../../../escaped', text: 'x' }]],
    ['by an absolute path', [{ path: '/tmp/troupe-escaped', text: 'x' }]],
    ['by a link', [{ path: 'out', link: '../../../..' }]],
    ['by an absolute link', [{ path: 'out', link: '/etc' }]],
    ['by a hard link', [{ path: 'out', hardLink: '/etc/passwd' }]],
    [
      'by what stands behind a link',
      [
        { path: 'here', link: '.' },
        { path: 'here/../../up', text: 'x' },
      ],
    ],
    [
      'by a link through a link',
      [
        { path: 'd/', mode: 0o755 },
        { path: 'd/self', link: '.' },
        { path: 'out', link: 'd/self/../..' },
      ],
    ],
  ];
  it.each(bad)('%s is refused', async (_name, entries) => {
    files.set('/bad', tgzOf([{ path: 'first', text: '1' }, ...entries]));
    const result = await outcome(kit, task('t'), request(download(`${base}/bad`)));
    expect(result?.failureReason).toMatch(/^Downloading failed: the archive (has a|cannot)/);
    expect(existsSync('/tmp/troupe-escaped')).toBe(false);
    for (const name of ['escaped', 'up']) {
      const found = readdirSync(join(kit.directory, '..'), { recursive: true });
      expect(found.map(String).filter((path) => path.endsWith(`/${name}`))).toEqual([]);
    }
  });

  it('and a target that is a link to elsewhere are refused', async () => {
    const own = request(download(`${base}/droplet`), { setup: shell('ln -s /tmp app') });
    const result = await outcome(kit, task('t'), own);
    expect(result?.failureReason).toBe('Downloading failed: the target is outside');
  });
});

describe('an upload', () => {
  const upload = (from: string, to: string) =>
    action({ upload_action: { artifact: 'result', from, to, log_source: 'UP', user: 'vcap' } });

  it.each([
    ['/ok', ['POST /ok made']],
    ['/put', ['POST /put made', 'PUT /put made']],
  ])('to %s sends the file', async (path, wanted) => {
    uploads.length = 0;
    const own = request(upload('made', `${base}${path}`), { setup: shell('printf made > made') });
    expect((await outcome(kit, task('t'), own))?.isFailed).toBe(false);
    expect(uploads).toEqual(wanted);
    expect(kit.lines().slice(-2)).toEqual(['UP Uploading result...', 'UP Uploaded result (4B)']);
  });

  it.each([
    ['made', '/refused', 'answered 500'],
    ['nothing', '/ok', 'ENOENT'],
    ['pipe', '/ok', 'not a regular file'],
    ['secret', '/ok', 'the file is outside'],
  ])('of %s to %s fails: %s', async (from, path, reason) => {
    const setup = shell('printf made > made; mkfifo pipe; ln -s /etc/passwd secret');
    const result = await outcome(
      kit,
      task('t'),
      request(upload(from, `${base}${path}`), { setup }),
    );
    expect(result?.failureReason).toBe(`Uploading failed: ${reason}`);
  });
});
