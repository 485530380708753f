/** What the commands are made of: texts, sizes, tables, filters, kinds of apps. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { list } from 'tar';
import { afterAll, describe, expect, it } from 'vitest';
import { appNameFrom, appsOf, isAppName, parseAnnotation } from '../../../src/cli/app/app-model.ts';
import { completionScript } from '../../../src/cli/app/completion.ts';
import { detectApp } from '../../../src/cli/app/detect-app.ts';
import {
  ageText,
  bytesText,
  parseCount,
  parseDurationMs,
  parseMegabytes,
} from '../../../src/cli/app/format.ts';
import { instanceWords, restartInSeconds } from '../../../src/cli/app/instance-view.ts';
import {
  coloured,
  createOutput,
  tableLines,
  withoutControls,
} from '../../../src/cli/app/output.ts';
import { createFilter, packDroplet } from '../../../src/cli/app/pack-droplet.ts';
import { registerAppCommands } from '../../../src/cli/app/register.ts';
import { shellCommand } from '../../../src/cli/app/task.ts';
import type { Host } from '../../../src/cli/host.ts';
import {
  dataDirOf,
  type NodeFile,
  nodeFilePath,
  readNodeFile,
  removeNodeFile,
  writeNodeFile,
} from '../../../src/cli/node-file.ts';
import { ActualLRP } from '../../../src/model/bbs/messages/actual-lrp.ts';
import { DesiredLRPSchedulingInfo } from '../../../src/model/bbs/messages/desired-lrp.ts';
import { temporaryDirectory } from '../../store/temporary-directory.ts';

const directory = temporaryDirectory();
afterAll(() => rmSync(directory, { recursive: true }));

let folders = 0;
function folder(files: Readonly<Record<string, string>>): string {
  folders += 1;
  const path = join(directory, `folder-${folders}`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

describe('texts', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
  ])('%i ms are %s', (ms, text) => expect(ageText(ms)).toBe(text));

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 K'],
    [268_435_456, '256 M'],
    [1024 ** 4 * 2000, '2000 T'],
  ])('%i bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

  it.each([
    ['256', 256],
    ['256M', 256],
    ['1g', 1024],
    ['1GB', 1024],
    ['0', undefined],
    ['1.5G', undefined],
    ['100K', undefined],
    ['9999999T', undefined],
    ['', undefined],
  ])('memory %s is %s MB', (text, wanted) => expect(parseMegabytes(text)).toBe(wanted));

  it.each([
    ['90', 90_000],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['0', undefined],
    ['5 m', undefined],
  ])('time %s is %s ms', (text, wanted) => expect(parseDurationMs(text)).toBe(wanted));

  it('counts are whole and bounded', () => {
    expect(['0', '7', '1001', '-1', '1e3', '0x1'].map((text) => parseCount(text, 0, 1000))).toEqual(
      [0, 7, undefined, undefined, undefined, undefined],
    );
  });

  it('commands keep their words', () => {
    expect(shellCommand(['a | b'])).toBe('a | b');
    expect(shellCommand(['a', '$x', "'"])).toBe("'a' '$x' ''\\'''");
  });
});

describe('output', () => {
  it('has columns as wide as their widest cell', () => {
    const lines = tableLines(
      ['A', 'B', 'C'],
      [
        ['long one', 1, ''],
        ['x', coloured('22', 'red'), 'y'],
      ],
      (text) => text,
    );
    expect(lines).toEqual(['A         B   C', 'long one  1', 'x         22  y']);
  });

  it('lets no text of others move the cursor', () => {
    expect(withoutControls('a\u001b[2Jb\rc\u0007d\u001b[31me\u009b1mf\tg')).toBe(
      'a[2Jbcd\u001b[31me1mf\tg',
    );
    const [, row] = tableLines(['A'], [['x\u001b[1Ay\nz']], (text) => text);
    expect(row).not.toContain('\u001b');
  });

  it.each<[boolean, string | undefined, boolean, boolean]>([
    [true, undefined, false, true],
    [true, '', false, true],
    [true, '1', false, false],
    [false, undefined, false, false],
    [true, undefined, true, false],
  ])('terminal %s, NO_COLOR %s, json %s: coloured %s', (isTerminal, noColour, isJson, wanted) => {
    const host = { isTerminal, environment: { NO_COLOR: noColour } } as unknown as Host;
    expect(createOutput(host, isJson).paint('x', 'red') !== 'x').toBe(wanted);
  });
});

describe('the node file', () => {
  const NODE: NodeFile = {
    pid: 7,
    bbs_url: 'b',
    router_url: 'r',
    status_url: 's',
    status_user: 'u',
    status_password: 'p',
    file_server_url: 'f',
    nats_url: 'n',
    domain: 'localhost',
  };

  it('is readable by its owner alone, and whole', () => {
    const dataDir = join(directory, 'deep', 'data');
    writeNodeFile(dataDir, NODE);
    writeNodeFile(dataDir, { ...NODE, bbs_url: 'other' });
    expect(statSync(nodeFilePath(dataDir)).mode & 0o777).toBe(0o600);
    expect(readNodeFile(dataDir)).toEqual({ ok: true, node: { ...NODE, bbs_url: 'other' } });
    removeNodeFile(dataDir, 8);
    expect(readNodeFile(dataDir).ok).toBe(true);
    removeNodeFile(dataDir, 7);
    expect(readNodeFile(dataDir)).toMatchObject({ ok: false, isMissing: true });
  });

  it.each(['', '[]', '{"pid":"x"}', '{"pid":1,"bbs_url":2}', '{'])('%s is refused', (text) => {
    const dataDir = folder({ 'node.json': text });
    expect(readNodeFile(dataDir)).toMatchObject({ ok: false, isMissing: false });
  });

  it('is looked for where flag, environment or custom say', () => {
    expect(dataDirOf('/flag', { TROUPE_DATA_DIR: '/env' })).toBe('/flag');
    expect(dataDirOf(undefined, { TROUPE_DATA_DIR: '/env' })).toBe('/env');
    expect(dataDirOf(undefined, {})).toBe('./.troupe');
  });
});

describe('kinds of apps', () => {
  const start = JSON.stringify({ scripts: { start: 'node .' } });
  const needy = JSON.stringify({ scripts: { start: 'node .' }, dependencies: { a: '1' } });
  const install = '--omit=dev --no-audit --no-fund';

  it.each<[string, Record<string, string>, string, string | undefined]>([
    ['Node', { 'package.json': start }, 'npm start', undefined],
    ['Node', { 'package.json': needy }, 'npm start', `npm install ${install}`],
    ['Node', { 'package.json': needy, 'package-lock.json': '' }, 'npm start', `npm ci ${install}`],
    ['Node', { 'package.json': needy, 'node_modules/a/x': '' }, 'npm start', undefined],
    ['Procfile', { Procfile: 'worker: x\nweb:  ./run it \n' }, './run it', undefined],
    ['Procfile', { Procfile: 'web: y', 'package.json': start }, 'y', undefined],
    ['static files', { 'index.html': '' }, 'exec node troupe-static-server.cjs', undefined],
  ])('%s: %o', (kind, files, command, stage) => {
    const detection = detectApp(folder(files), undefined);
    expect(detection).toMatchObject({ ok: true, app: { kind, command, stage } });
  });

  it('Python, with what it requires', () => {
    const detection = detectApp(
      folder({ 'app.py': '', 'requirements.txt': '# x\nflask\n' }),
      undefined,
    );
    if (!detection.ok) throw new Error(detection.problem);
    expect(detection.app.command).toMatch(/exec python3 app\.py$/);
    expect(detection.app.stage).toMatch(/pip install .*-r requirements\.txt/);
    const plain = detectApp(folder({ 'main.py': '', 'requirements.txt': '\n# none\n' }), undefined);
    expect(plain).toMatchObject({ ok: true, app: { stage: undefined } });
  });

  it('what is given wins, and what is broken is told', () => {
    expect(detectApp(folder({ 'package.json': start }), 'mine')).toMatchObject({
      ok: true,
      app: { command: 'mine' },
    });
    expect(detectApp(folder({ 'package.json': '{' }), undefined)).toMatchObject({ ok: false });
    expect(detectApp(folder({ x: '' }), undefined)).toMatchObject({ ok: false });
  });
});

describe('what is packed', () => {
  it.each<[string, string, boolean]>([
    ['', '.git/config', false],
    ['', 'a/.git', false],
    ['', '.gitignore', true],
    ['', 'node_modules/a/index.js', true],
    ['*.log', 'a/b/x.log', false],
    ['*.log', 'x.log.txt', true],
    ['/build', 'build/x', false],
    ['/build', 'a/build/x', true],
    ['build/', 'a/build/x', false],
    ['a/*.js', 'a/x.js', false],
    ['a/*.js', 'a/b/x.js', true],
    ['a/**/x', 'a/b/c/x', false],
    ['**', 'a/b', false],
    ['*.log\n!keep.log', 'keep.log', true],
    ['# x', '# x', true],
  ])('with %j, %s: %s', (ignore, path, wanted) => {
    expect(createFilter(ignore)(path)).toBe(wanted);
  });

  it('is all but what is left out, with extras, links as links, and a true checksum', async () => {
    const app = folder({
      'index.js': 'x',
      'a/b.txt': 'y',
      'secret.key': 'z',
      '.git/HEAD': '',
      '.cfignore': '*.key',
    });
    symlinkSync('index.js', join(app, 'link'));
    const droplet = await packDroplet(app, [{ name: 'extra.js', content: 'more' }]);
    const entries: string[] = [];
    await list({
      file: droplet.path,
      onReadEntry: (entry) => void entries.push(`${entry.path} ${entry.type}`),
    });
    expect(entries.toSorted()).toEqual([
      './ Directory',
      './.cfignore File',
      './a/ Directory',
      './a/b.txt File',
      './index.js File',
      './link SymbolicLink',
      'extra.js File',
    ]);
    const { createHash } = await import('node:crypto');
    const bytes = readFileSync(droplet.path);
    expect(droplet).toMatchObject({
      bytes: bytes.length,
      files: 4,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    await droplet.dispose();
    expect(() => statSync(droplet.path)).toThrow();
  });
});

describe('apps', () => {
  it.each(['hello', 'a', 'my-app-2'])('%s is a name', (name) => expect(isAppName(name)).toBe(true));
  it.each(['', '-a', 'a-', 'A', 'a.b', 'a_b', 'x'.repeat(64)])('%s is none', (name) =>
    expect(isAppName(name)).toBe(false),
  );

  it('are named after directories', () => {
    expect(appNameFrom('My App_1')).toBe('my-app-1');
    expect(appNameFrom('...')).toBeUndefined();
  });

  it('are grouped by version; LRPs of others are left out', () => {
    const info = (guid: string, annotation: string) =>
      DesiredLRPSchedulingInfo.create({
        desired_lrp_key: { process_guid: guid, domain: 'troupe', log_guid: '' },
        annotation,
        instances: 1,
      });
    const own = (version: number) =>
      JSON.stringify({
        app: 'a',
        version,
        pushed_at: 1,
        command: 'c',
        droplet: { name: 'n', sha256: 's' },
        instances: 1,
        memory_mb: 1,
        health_check: { type: 'port' },
        routes: [],
      });
    const apps = appsOf([info('a-1', own(1)), info('a-2', own(2)), info('x', ''), info('y', '{}')]);
    expect(apps).toMatchObject([
      { name: 'a', current: { processGuid: 'a-2' }, older: [{ processGuid: 'a-1' }] },
    ]);
    expect(parseAnnotation('null')).toBeUndefined();
    expect(parseAnnotation(own(1).replace('"port"', '"luck"'))).toBeUndefined();
  });
});

describe('instances', () => {
  const SECOND = 1_000_000_000n;
  const crashed = (crash_count: number) =>
    ActualLRP.create({ state: 'CRASHED', crash_count, since: 100n * SECOND, crash_reason: 'boom' });

  it.each([
    [3, 100n, 30],
    [3, 125n, 5],
    [3, 131n, 0],
    [4, 100n, 60],
    [8, 100n, 960],
    [199, 100n, 960],
    [200, 100n, undefined],
  ])('after crash %i, at %i s: %s s', (count, now, wanted) => {
    expect(restartInSeconds(crashed(count), now * SECOND)).toBe(wanted);
  });

  it('are told in words', () => {
    const now = 100n * SECOND;
    const words = (fields: Partial<ActualLRP>) => instanceWords(ActualLRP.create(fields), now);
    expect(instanceWords(crashed(3), now).detail).toBe('restarts in about 30 s: boom');
    expect(instanceWords(crashed(200), now).detail).toContain('is not restarted any more');
    expect(words({ state: 'UNCLAIMED' })).toMatchObject({
      state: 'waiting',
      detail: 'looks for a cell',
    });
    expect(words({ state: 'UNCLAIMED', placement_error: 'full' }).detail).toBe('full');
    expect(words({ state: 'RUNNING' })).toMatchObject({ state: 'running', detail: '' });
    expect(words({ state: 'RUNNING', presence: 1 }).state).toBe('evacuating');
  });
});

describe('completion', () => {
  const written: string[] = [];
  const host = {
    environment: {},
    isTerminal: false,
    writeOut: (text: string) => void written.push(text),
  } as unknown as Host;
  const program = new Command('troupe');
  registerAppCommands(program, host);

  it('knows every command and flag', () => {
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const script = completionScript(shell, program);
      for (const word of ['push', 'evacuate', 'health-check', 'follow'])
        expect(script).toContain(word);
    }
  });

  it('completes in bash', () => {
    const script = completionScript('bash', program);
    const complete = (words: string[]) =>
      execFileSync(
        'bash',
        [
          '-c',
          `${script}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})\n` +
            `COMP_CWORD=${words.length - 1}\n_troupe\nprintf '%s\\n' "\${COMPREPLY[@]}"`,
        ],
        { encoding: 'utf8' },
      ).split('\n');
    expect(complete(['troupe', 'ev'])).toEqual(['events', 'evacuate', '']);
    expect(complete(['troupe', 'scale', 'x', '--t'])).toEqual(['--timeout', '']);
  });
});
