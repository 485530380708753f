import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { readGorouterConfig } from '../../src/config/gorouter-config.ts';
import { leafCertificate } from '../golden/certificates.ts';
import { answer, headersOf } from './app.ts';
import { withScene } from './gorouter-process.ts';
import { type Section, sharedRouter } from './harness.ts';

/** Some tests start processes, which takes its time on a busy machine. */
vi.setConfig({ testTimeout: 45_000 });

const read = (config: Section | string) =>
  readGorouterConfig(typeof config === 'string' ? config : stringify(config), () => 'random');

function configOf(config: Section | string) {
  const result = read(config);
  if (!result.ok) throw new Error(result.problems.join('; '));
  return result.config;
}

function problemsOf(config: Section | string): string {
  const result = read(config);
  return result.ok ? '' : result.problems.join('; ');
}

const routerOf = (config: Section = {}) => configOf(config).router;

describe('defaults', () => {
  const router = routerOf();

  test('CFG-1 no file: the defaults of the original', () => {
    const { nats, logLevel, logTimestamp } = configOf('');
    expect(nats.servers).toEqual(['localhost:4222']);
    expect(nats.connectAttempts).toBe(3);
    expect([logLevel, logTimestamp]).toEqual(['debug', 'unix-epoch']);
    expect([router.port, router.status.port, router.status.host]).toEqual([8081, 8082, '0.0.0.0']);
    expect(router.registry).toMatchObject({
      pruneIntervalMs: 30_000,
      staleThresholdMs: 120_000,
      suspendPruningIfNatsUnavailable: false,
      isolationSegments: [],
      shardingMode: 'all',
      emptyPoolResponse503: false,
      emptyPoolTimeoutMs: 0,
    });
    expect(router.lifecycle).toMatchObject({
      startResponseDelayMs: 5000,
      drainWaitMs: 0,
      publishActiveAppsIntervalMs: 0,
      isDrainedOnTerminate: false,
    });
    expect(router.headers).toMatchObject({ traceKey: '', forwardedClientCert: 'always_forward' });
    expect(router.frontend.healthcheckUserAgent).toBe('HTTP-Monitor/1.1');
  });

  test('CFG-14 drain_timeout is endpoint_timeout unless set', () => {
    expect(router.lifecycle.drainTimeoutMs).toBe(60_000);
    expect(routerOf({ endpoint_timeout: '7s' }).lifecycle.drainTimeoutMs).toBe(7000);
    const both = routerOf({ endpoint_timeout: '7s', drain_timeout: '60s' });
    expect(both.lifecycle.drainTimeoutMs).toBe(60_000);
  });

  test('CFG-15 the stale threshold is no shorter than the start delay', () => {
    const registryOf = (threshold: string, delay: string) =>
      routerOf({ droplet_stale_threshold: threshold, start_response_delay_interval: delay })
        .registry.staleThresholdMs;
    expect(registryOf('10s', '15s')).toBe(15_000);
    expect(registryOf('20s', '15s')).toBe(20_000);
  });

  test('CFG-19 connections', () => {
    expect(router.backends).toMatchObject({
      dialTimeoutMs: 5000,
      upgradeTimeoutMs: 5000,
      keepAliveProbeIntervalMs: 1000,
      isKeepAliveEnabled: false,
      maxIdleConnectionsPerEndpoint: 2,
      maxConnections: 0,
    });
    expect(router.frontend.idleTimeoutMs).toBe(900_000);
    expect(routerOf({ endpoint_dial_timeout: '2s' }).backends.upgradeTimeoutMs).toBe(2000);
    const both = routerOf({ endpoint_dial_timeout: '2s', websocket_dial_timeout: '3s' });
    expect(both.backends.upgradeTimeoutMs).toBe(3000);
  });

  test('CFG-23 hop_by_hop_headers_to_filter is empty, or the given list', () => {
    expect(router.headers.hopByHopToFilter).toEqual([]);
    const given = routerOf({ hop_by_hop_headers_to_filter: ['X-ME', 'X-Foo'] });
    expect(given.headers.hopByHopToFilter).toEqual(['x-me', 'x-foo']);
  });
});

describe('values', () => {
  test('CFG-2 an unknown key is ignored', () => {
    expect(problemsOf({ no_such_key: 1, status: { nor_this: true } })).toBe('');
  });

  test.for([
    ['CFG-9 neither http nor https', { disable_http: true, enable_ssl: false }, 'disable_http'],
    ['CFG-10 balancing algorithm', { balancing_algorithm: 'foo' }, 'balancing_algorithm'],
    ['CFG-10 zone', { balancing_algorithm_az_preference: 'foo' }, 'az_preference'],
    ['CFG-11 sharding mode', { routing_table_sharding_mode: 'foo' }, 'sharding_mode'],
    [
      'CFG-11 no segment to serve',
      { routing_table_sharding_mode: 'segments' },
      'isolation_segments',
    ],
    ['CFG-12 client certificates', { forwarded_client_cert: 'foo' }, 'forwarded_client_cert'],
    ['CFG-16 negative', { load_balancer_healthy_threshold: '-5s' }, 'healthy_threshold'],
    ['CFG-16 without unit', { load_balancer_healthy_threshold: '5' }, 'healthy_threshold'],
    ['CFG-16 no duration', { load_balancer_healthy_threshold: 'potato' }, 'healthy_threshold'],
    ['CFG-22 redaction', { logging: { redact_query_params: 'some' } }, 'redact_query_params'],
    ['CFG-22 no redaction', { logging: { redact_query_params: '' } }, 'redact_query_params'],
    [
      'CFG-24 TLS to NATS with a bad pair',
      { nats: { tls_enabled: true, cert_chain: 'no PEM', private_key: 'no PEM' } },
      'nats',
    ],
    [
      'CFG-18 a bad client certificate',
      { backends: { cert_chain: 'no PEM', private_key: 'no PEM' } },
      'backends',
    ],
    [
      'CFG-25 no such page',
      { html_error_template_file: '/no/such/file' },
      'html_error_template_file',
    ],
  ] as const)('%s is refused', ([, config, named]) => {
    expect(problemsOf(config)).toContain(named);
  });

  test.for([
    ['CFG-9 http', { disable_http: false, enable_ssl: false }],
    ['CFG-10 round-robin', { balancing_algorithm: 'round-robin' }],
    ['CFG-10 no zone', { balancing_algorithm_az_preference: 'none' }],
    ['CFG-11 all', { routing_table_sharding_mode: 'all' }],
    ['CFG-11 shared and segments', { routing_table_sharding_mode: 'shared-and-segments' }],
    ['CFG-12 forward', { forwarded_client_cert: 'forward' }],
    ['CFG-12 sanitize_set', { forwarded_client_cert: 'sanitize_set' }],
    ['CFG-16 a duration', { load_balancer_healthy_threshold: '10s' }],
    ['CFG-22 none', { logging: { redact_query_params: 'none' } }],
    ['CFG-22 all', { logging: { redact_query_params: 'all' } }],
    ['CFG-22 hash', { logging: { redact_query_params: 'hash' } }],
  ] as const)('%s is accepted', ([, config]) => {
    expect(problemsOf(config)).toBe('');
  });

  test('CFG-10 algorithm and zone', () => {
    expect(routerOf().backends).toMatchObject({ algorithm: 'round-robin', isZonePreferred: false });
    const config = {
      balancing_algorithm: 'least-connection',
      balancing_algorithm_az_preference: 'locally-optimistic',
      zone: 'z1',
    };
    const wanted = { algorithm: 'least-connection', isZonePreferred: true, zone: 'z1' };
    expect(routerOf(config).backends).toMatchObject(wanted);
  });

  test('CFG-11 segments', () => {
    const config = { routing_table_sharding_mode: 'segments', isolation_segments: ['a', 'b'] };
    const wanted = { shardingMode: 'segments', isolationSegments: ['a', 'b'] };
    expect(routerOf(config).registry).toMatchObject(wanted);
  });

  const pair = leafCertificate({ san: ['router.test'] });
  const keyOf = (type: 'ec' | 'rsa') => {
    const { privateKey } =
      type === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
    return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  };

  test('CFG-18 a good client certificate', () => {
    const backends = { cert_chain: pair.certificatePem, private_key: pair.keyPem };
    expect(problemsOf({ backends })).toBe('');
  });

  test.for(['ec', 'rsa'] as const)('CFG-18 a certificate with the %s key of another', (type) => {
    const backends = { cert_chain: pair.certificatePem, private_key: keyOf(type) };
    expect(problemsOf({ backends })).toContain('backends');
  });

  test('CFG-21 extra_headers_to_log keep their order', () => {
    const config = { extra_headers_to_log: ['X-B', 'X-A', 'X-C'] };
    expect(routerOf(config).accessLog.extraHeaders).toEqual(['X-B', 'X-A', 'X-C']);
  });

  test('CFG-24 all hosts of NATS are used', () => {
    const hosts = [
      { hostname: 'a.test', port: 1 },
      { hostname: 'b.test', port: 2 },
    ];
    const { nats } = configOf({ nats: { hosts, user: 'u', pass: 'p' } });
    expect(nats.servers).toEqual(['a.test:1', 'b.test:2']);
    expect([nats.user, nats.password]).toEqual(['u', 'p']);
  });
});

describe.concurrent('configured session cookies', () => {
  const router = sharedRouter({ sticky_session_cookie_names: ['session', 'other'] });

  test.for([
    ['session', 1],
    ['other', 1],
    ['JSESSIONID', 0],
  ] as const)('CFG-20, STK-9 %s pins %i cookies', async ([name, count]) => {
    const cookie = [['Set-Cookie', `${name}=1`]] as const;
    const { host } = await router.route(answer('ok', cookie), { private_instance_id: 'id' });
    const set = headersOf(await router.get(host), 'set-cookie');
    expect(set.filter((line) => line.startsWith('__VCAP_ID__='))).toHaveLength(count);
  });
});

const FATAL_FILES: readonly (readonly [string, Section | string, string])[] = [
  ['CFG-3 no YAML', 'port: [', 'Error loading config'],
  ['CFG-3 a wrong type', 'port: many', 'Error loading config'],
  [
    'CFG-25 a page that cannot be read',
    { html_error_template_file: '/no/such/file' },
    'html_error_template_file',
  ],
  ['CFG-27 no folder for the access log', { access_log: { file: '/no/such/folder/log' } }, 'log'],
];

describe.concurrent('the program', () => {
  test.for(FATAL_FILES)('%s: exit 1, and the log says why', async ([, config, text]) => {
    await withScene(async (scene) => {
      const router = await scene.launch(config);
      expect(await router.child.exited).toBe(1);
      expect(router.fatal()).toContain(text);
    });
  });

  test('CFG-25 a page with a fault in it: exit 1', async () => {
    await withScene(async (scene) => {
      const file = join(scene.folder(), 'page.html');
      writeFileSync(file, '<p>{{.Status</p>');
      const router = await scene.launch({ html_error_template_file: file });
      expect(await router.child.exited).toBe(1);
      expect(router.fatal()).toContain('html_error_template_file');
    });
  });

  test('CFG-29 the start is logged with segments and sharding mode', async () => {
    await withScene(async (scene) => {
      const router = await scene.start({
        isolation_segments: ['seg-a', 'seg-b'],
        routing_table_sharding_mode: 'shared-and-segments',
        unknown_key: true,
      });
      const lines = router.child.text.split('\n');
      const line = lines.find((text) => text.includes('isolation_segments')) ?? '';
      expect(JSON.parse(line).data).toEqual({
        isolation_segments: ['seg-a', 'seg-b'],
        routing_table_sharding_mode: 'shared-and-segments',
      });
    });
  });

  test('LIM-2 a limit above 1 MiB is lowered with a warning', async () => {
    await withScene(async (scene) => {
      const router = await scene.start({ max_request_header_bytes: 2_000_000 });
      const warnings = router.child.text
        .split('\n')
        .filter((line) => line.includes('"log_level":2') && line.includes('header'));
      expect(warnings).toHaveLength(1);
    });
  });
});
