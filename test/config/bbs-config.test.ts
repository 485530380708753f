import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readBbsConfig } from '../../src/config/bbs-config.ts';
import { bbsSchema } from '../../src/config/bbs-schema.ts';
import { readTlsFiles } from '../../src/config/tls-files.ts';
import { authorityCertificate, leafCertificate } from '../golden/certificates.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

const PLAIN = { require_ssl: false };
const read = (config: object) => readBbsConfig(JSON.stringify(config));

function optionsOf(config: object) {
  const result = read(config);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result.options;
}

function problemsOf(config: object): readonly string[] {
  const result = read(config);
  return result.ok ? [] : result.problems;
}

describe("the original's bbs.json", () => {
  it('has the defaults of the original', () => {
    expect(optionsOf(PLAIN)).toEqual({
      listen: { host: '0.0.0.0', port: 8889 },
      health: { host: '127.0.0.1', port: 8890 },
      debug: undefined,
      tls: undefined,
      auctioneerAddress: '',
      auctioneerTls: undefined,
      isAuctioneerTlsRequired: false,
      repTls: undefined,
      isRepTlsRequired: false,
      convergeIntervalMs: 30_000,
      kickTaskMs: 30_000,
      expirePendingTaskMs: 1_800_000,
      expireCompletedTaskMs: 120_000,
      desiredLrpCreationTimeoutMs: 60_000,
      communicationTimeoutMs: 10_000,
      maxTaskRetries: 3,
      taskCallbackWorkers: 1000,
      convergenceWorkers: 20,
      updateWorkers: 1000,
      logLevel: 'info',
      accessLogPath: '',
      uuid: '',
    });
  });

  it('is read in full', () => {
    const options = optionsOf({
      listen_address: '10.0.0.1:1',
      health_address: '',
      debug_address: '127.0.0.1:17017',
      access_log_path: '/var/log/access',
      uuid: 'u',
      require_ssl: true,
      ca_file: '/ca',
      cert_file: '/cert',
      key_file: '/key',
      auctioneer_address: 'https://auctioneer.service.cf.internal:9016',
      auctioneer_ca_cert: '/aca',
      auctioneer_client_cert: '/acert',
      auctioneer_client_key: '/akey',
      auctioneer_require_tls: true,
      rep_ca_cert: '/rca',
      rep_client_cert: '/rcert',
      rep_client_key: '/rkey',
      rep_require_tls: true,
      converge_repeat_interval: '1m30s',
      kick_task_duration: 2_000_000_000,
      expire_pending_task_duration: '1h',
      expire_completed_task_duration: '1.5s',
      desired_lrp_creation_timeout: '2s',
      communication_timeout: '100ms',
      max_task_retries: 0,
      task_callback_workers: 1,
      convergence_workers: 2,
      update_workers: 3,
      log_level: 'debug',
    });
    expect(options).toEqual({
      listen: { host: '10.0.0.1', port: 1 },
      health: undefined,
      debug: { host: '127.0.0.1', port: 17_017 },
      tls: { ca: '/ca', cert: '/cert', key: '/key' },
      auctioneerAddress: 'https://auctioneer.service.cf.internal:9016',
      auctioneerTls: { ca: '/aca', cert: '/acert', key: '/akey' },
      isAuctioneerTlsRequired: true,
      repTls: { ca: '/rca', cert: '/rcert', key: '/rkey' },
      isRepTlsRequired: true,
      convergeIntervalMs: 90_000,
      kickTaskMs: 2_000,
      expirePendingTaskMs: 3_600_000,
      expireCompletedTaskMs: 1_500,
      desiredLrpCreationTimeoutMs: 2_000,
      communicationTimeoutMs: 100,
      maxTaskRetries: 0,
      taskCallbackWorkers: 1,
      convergenceWorkers: 2,
      updateWorkers: 3,
      logLevel: 'debug',
      accessLogPath: '/var/log/access',
      uuid: 'u',
    });
  });

  it.each([
    [':8889', { host: '0.0.0.0', port: 8889 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:8889', { host: '::1', port: 8889 }],
  ])('listens on %s', (listen_address, listen) => {
    expect(optionsOf({ ...PLAIN, listen_address }).listen).toEqual(listen);
  });

  it('takes null for an absent key', () => {
    expect(optionsOf({ ...PLAIN, uuid: null, log_level: null, update_workers: null })).toEqual(
      optionsOf(PLAIN),
    );
  });

  it('tells in one warning what has no effect, and in one what it does not know', () => {
    const result = read({
      ...PLAIN,
      database_driver: 'postgres',
      database_connection_string: 'secret',
      sql_ca_cert_file: '/ca',
      locket_address: 'l:8891',
      loggregator: { loggregator_use_v2_api: true },
      encryption_keys: {},
      active_key_label: 'k',
      consul_cluster: '',
      etcd_cluster_urls: [],
      lock_ttl: '15s',
      zzz: 1,
      listen_adress: 'typing mistake',
    });
    expect(result.ok && result.warnings).toEqual([
      'keys without effect here: active_key_label, consul_cluster, database_connection_string, ' +
        'database_driver, encryption_keys, etcd_cluster_urls, lock_ttl, locket_address, ' +
        'loggregator, sql_ca_cert_file',
      'unknown keys, ignored: listen_adress, zzz',
    ]);
  });

  it('reports all problems at once', () => {
    expect(
      problemsOf({
        listen_address: 8889,
        health_address: 'nowhere',
        ca_file: 7,
        cert_file: '/c',
        key_file: '/k',
        kick_task_duration: '30',
        converge_repeat_interval: '-1s',
        update_workers: 0,
        log_level: 'loud',
        auctioneer_address: 'auctioneer:9016',
        rep_require_tls: 'yes',
      }),
    ).toEqual([
      'listen_address: 8889 must be string',
      'ca_file: 7 must be string',
      'kick_task_duration: "30" is not a duration; write 30s, 100ms or 1h2m',
      'update_workers: 0 must be >= 1',
      'log_level: "loud" is not one of debug, info, error, fatal',
      'rep_require_tls: "yes" must be boolean',
      'health_address: "nowhere" is not host:port',
      'auctioneer_address: "auctioneer:9016" is not an http or https address',
      'converge_repeat_interval: "-1s" is not more than 0',
    ]);
  });

  it('reports one problem for each key, however many there are', () => {
    const keys = Object.keys(bbsSchema.properties);
    const problems = problemsOf(Object.fromEntries(keys.map((key) => [key, []])));
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(keys);
  });

  it.each([
    [{}, 'ca_file, cert_file, key_file: not set, but require_ssl is true'],
    [{ ca_file: 'a' }, 'cert_file, key_file: not set, but require_ssl is true'],
    [
      { ...PLAIN, auctioneer_ca_cert: 'a', auctioneer_client_key: 'k' },
      'auctioneer_client_cert: not set, but the others are set',
    ],
    [
      { ...PLAIN, rep_require_tls: true },
      'rep_ca_cert, rep_client_cert, rep_client_key: not set, but rep_require_tls is true',
    ],
    [{ ...PLAIN, communication_timeout: 0 }, 'communication_timeout: 0 is not more than 0'],
    [{ ...PLAIN, listen_address: 'h:65536' }, 'listen_address: "h:65536" is not host:port'],
    [{ ...PLAIN, listen_address: '' }, 'listen_address: "" is not host:port'],
    [{ ...PLAIN, listen_address: '::1:80' }, 'listen_address: "::1:80" is not host:port'],
    [{ ...PLAIN, auctioneer_address: 'ftp://x' }, 'auctioneer_address: "ftp://x" is not an http'],
  ])('%o is refused', (config, problem) => {
    const problems = problemsOf(config);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it.each(['', '{', '[]', 'null', '7'])('that is no object is refused: %s', (text) => {
    const result = readBbsConfig(text);
    expect(result.ok ? [] : result.problems).toEqual([expect.stringMatching(/^json: /)]);
  });

  it('with anything in its keys is read or refused, never thrown at', () => {
    const keys = Object.keys(bbsSchema.properties);
    const entries = fc.tuple(fc.constantFrom(...keys, '__proto__', 'x'), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(entries), (given) => {
        const result = read(Object.fromEntries(given));
        expect(result.ok || result.problems.length > 0).toBe(true);
      }),
    );
  });
});

describe('TLS files', () => {
  const directory = temporaryDirectory();
  afterAll(() => rmSync(directory, { recursive: true }));
  const leaf = leafCertificate({ ca: 'trusted', san: ['bbs.test'] });
  const authority = authorityCertificate('trusted');
  let count = 0;
  const write = (text: string): string => {
    count += 1;
    const path = join(directory, `${count}.pem`);
    writeFileSync(path, text);
    return path;
  };
  const ca = write(authority.certificatePem);
  const cert = write(leaf.certificatePem);
  const key = write(leaf.keyPem);

  it('are read as they are', () => {
    expect(readTlsFiles({ ca, cert, key }, (path) => readFileSync(path))).toEqual({
      ok: true,
      files: {
        ca: Buffer.from(authority.certificatePem),
        cert: Buffer.from(leaf.certificatePem),
        key: Buffer.from(leaf.keyPem),
      },
    });
  });

  it('may hold several authorities', () => {
    const both = write(authority.certificatePem + authorityCertificate('clients').certificatePem);
    expect(readTlsFiles({ ca: both, cert, key }, readFileSync).ok).toBe(true);
  });

  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  it.each([
    ['a key of another certificate', { key: write(authority.keyPem) }, [/another certificate/]],
    ['a certificate for a key', { key: cert }, [/Error loading key pair/]],
    ['no certificate', { cert: write('nothing') }, [/Error loading key pair/]],
    ['an authority without a certificate', { ca: key }, [/there is no certificate in it/]],
    [
      'a broken certificate after a good one',
      { ca: write(authority.certificatePem + broken) },
      [/pem: /],
    ],
    [
      'files that are not there',
      { ca: '/none/ca', key: '/none/key' },
      [/^\/none\/ca: ENOENT/, /^\/none\/key: ENOENT/],
    ],
    ['two problems', { ca: write(''), key: write('') }, [/no certificate/, /key pair/]],
  ])('with %s are refused', (_what, paths, patterns) => {
    const result = readTlsFiles({ ca, cert, key, ...paths }, (path) => readFileSync(path));
    const problems = result.ok ? [] : result.problems;
    expect(problems).toEqual(patterns.map((pattern) => expect.stringMatching(pattern)));
  });
});
