import { describe, expect, it } from 'vitest';
import { readGoFlags, readRouteEmitterConfig } from '../../src/config/route-emitter-config.ts';

const MINIMAL = { bbs_address: 'http://127.0.0.1:8889' };
const read = (config: object) => readRouteEmitterConfig(JSON.stringify(config));

function problemsOf(config: object): readonly string[] {
  const result = read(config);
  return result.ok ? [] : result.problems;
}

const NATS = {
  servers: ['127.0.0.1:4222'],
  embedded: { host: '', port: 0, monitorPort: 0 },
  user: '',
  password: '',
  token: '',
  tls: undefined,
  pingIntervalMs: 20_000,
  connectAttempts: 3,
};

const DEFAULTS = {
  source: { type: 'bbs', url: 'http://127.0.0.1:8889', tls: undefined },
  cellId: '',
  messageStyle: 'per-hostname',
  isDirectInstanceRoutes: false,
  isInternalEnabled: false,
  syncIntervalMs: 60_000,
  jitterFactor: 0.2,
  unregistrationIntervalMs: 30_000,
  unregistrationSendCount: 20,
  communicationTimeoutMs: 30_000,
  health: { host: '127.0.0.1', port: 17_011 },
  nats: NATS,
  logLevel: 'info',
};

describe("the original's route-emitter.json", () => {
  it('has the defaults of the original', () => {
    expect(read(MINIMAL)).toEqual({ ok: true, warnings: [], options: DEFAULTS });
  });

  it('is read in full', () => {
    const result = read({
      bbs_address: 'https://bbs:8889',
      bbs_ca_cert_file: 'a',
      bbs_client_cert_file: 'b',
      bbs_client_key_file: 'c',
      cell_id: 'cell-1',
      register_direct_instance_routes: true,
      enable_internal_emitter: true,
      communication_timeout: 2e9,
      healthcheck_address: ':1',
      jitter_factor: 0,
      nats_addresses: '10.0.0.1:4222, nats://10.0.0.2:4223',
      nats_username: 'n',
      nats_password: 'p',
      nats_tls_enabled: true,
      nats_ca_cert_file: 'd',
      nats_client_cert_file: 'e',
      nats_client_key_file: 'f',
      sync_interval: '10s',
      unregistration_interval: '1s',
      unregistration_send_count: 3,
      log_level: 'debug',
      message_style: 'per-endpoint',
    });
    expect(result.ok && result.options).toEqual({
      ...DEFAULTS,
      source: { type: 'bbs', url: 'https://bbs:8889', tls: { ca: 'a', cert: 'b', key: 'c' } },
      cellId: 'cell-1',
      messageStyle: 'per-endpoint',
      isDirectInstanceRoutes: true,
      isInternalEnabled: true,
      communicationTimeoutMs: 2000,
      health: { host: '0.0.0.0', port: 1 },
      jitterFactor: 0,
      nats: {
        ...NATS,
        servers: ['10.0.0.1:4222', '10.0.0.2:4223'],
        user: 'n',
        password: 'p',
        tls: { caFile: 'd', certFile: 'e', keyFile: 'f' },
      },
      syncIntervalMs: 10_000,
      unregistrationIntervalMs: 1000,
      unregistrationSendCount: 3,
      logLevel: 'debug',
    });
  });

  it('tells of keys without effect in one warning', () => {
    const result = read({ ...MINIMAL, uuid: 'u', oauth: {}, locket_address: 'l', zeta: 1 });
    expect(result.ok && result.warnings).toEqual([
      'keys without effect here: locket_address, oauth, uuid',
      'unknown keys, ignored: zeta',
    ]);
  });

  it('has all its problems told at once', () => {
    const wrong = {
      bbs_address: 'bbs',
      sync_interval: '0s',
      jitter_factor: 'x',
      healthcheck_address: 'no-port',
      nats_addresses: '',
      nats_tls_enabled: true,
    };
    const problems = problemsOf(wrong);
    for (const key of Object.keys(wrong)) expect(problems.join('\n')).toContain(key);
    expect(problems).toHaveLength(6);
    expect(problemsOf({})).toEqual(['bbs_address, diego_api_url: one of them has to be set']);
    expect(problemsOf({ ...MINIMAL, diego_api_url: 'http://r' })).toHaveLength(1);
    expect(problemsOf({ bbs_address: 'https://b' })[0]).toContain('bbs_address is https');
    expect(readRouteEmitterConfig('{')).toMatchObject({ ok: false });
    expect(readRouteEmitterConfig('[]')).toMatchObject({ ok: false });
  });
});

describe('the flags of 2015', () => {
  const SEED =
    '-consulCluster=http://127.0.0.1:8500 -natsAddresses=10.244.0.6:4222 -natsUsername=nats ' +
    '-natsPassword=nats -diegoAPIURL=http://:@receptor.service.cf.internal:8887 ' +
    '-debugAddr=0.0.0.0:17009 -syncInterval=60s -logLevel=debug';

  it('are those of the first article', () => {
    const { values, problems } = readGoFlags(SEED.split(' '));
    expect(problems).toEqual([]);
    const result = readRouteEmitterConfig(undefined, values);
    expect(result).toEqual({
      ok: true,
      warnings: ['flags without effect here: consulCluster, debugAddr'],
      options: {
        ...DEFAULTS,
        source: { type: 'receptor', url: 'http://:@receptor.service.cf.internal:8887' },
        messageStyle: 'per-endpoint',
        health: undefined,
        nats: { ...NATS, servers: ['10.244.0.6:4222'], user: 'nats', password: 'nats' },
        logLevel: 'debug',
      },
    });
  });

  it('may have two dashes, or a word of their own, and win over the file', () => {
    const { values, problems } = readGoFlags(['--syncInterval', '5s', '-logLevel', 'error']);
    expect(problems).toEqual([]);
    const result = readRouteEmitterConfig(JSON.stringify(MINIMAL), values);
    expect(result.ok && result.options).toMatchObject({ syncIntervalMs: 5000, logLevel: 'error' });
  });

  it('are refused when they are no flags, or none that is known', () => {
    expect(readGoFlags(['-nope=1', 'word', '-syncInterval']).problems).toEqual([
      'flag provided but not defined: -nope',
      '"word" is not a flag',
      'flag needs an argument: -syncInterval',
    ]);
  });
});
