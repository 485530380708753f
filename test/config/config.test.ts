import { describe, expect, it } from 'vitest';
import { DURATION_PATTERN, durationMs } from '../../src/config/duration.ts';
import { readGorouterConfig } from '../../src/config/gorouter-config.ts';
import { readNodeConfig } from '../../src/config/node-config.ts';

const secret = () => 'made-up';
const node = (file: string, environment = {}, settings: string[] = []) =>
  readNodeConfig({ file, environment, settings }, secret);

describe('durations', () => {
  it.each([
    { value: '30s', ms: 30_000 },
    { value: '100ms', ms: 100 },
    { value: '1h2m', ms: 3_720_000 },
    { value: '1.5s', ms: 1500 },
    { value: '0', ms: 0 },
    { value: '-5s', ms: -5000 },
    { value: 5_000_000, ms: 5 },
  ])('$value is $ms ms', ({ value, ms }) => {
    expect(durationMs(value)).toBeCloseTo(ms);
    if (typeof value === 'string') expect(value).toMatch(new RegExp(DURATION_PATTERN));
  });

  it.each(['5', 'potato', '5 s', 's', ''])('%j is none', (text) => {
    expect(text).not.toMatch(new RegExp(DURATION_PATTERN));
  });
});

describe("the node's file", () => {
  it('has defaults for everything', () => {
    const result = node('');
    expect(result).toMatchObject({ ok: true, config: { router: { port: 8080 } } });
  });

  it('lets environment win over file, and settings over both', () => {
    const file = 'router: {port: 1, index: 1, zone: a}';
    const result = node(file, { TROUPE_ROUTER_PORT: '2', TROUPE_ROUTER_INDEX: '2' }, [
      'router.port=3',
    ]);
    expect(result).toMatchObject({
      ok: true,
      config: { router: { port: 3, index: 2, backends: { zone: 'a' } } },
    });
  });

  it('tells all problems at once', () => {
    const file = 'router: {prot: 1, port: x, drain_wait: "5", balancing_algorithm: foo}';
    expect(node(file, { TROUPE_NOPE: '1' })).toEqual({
      ok: false,
      problems: [
        'TROUPE_NOPE: no setting has this name',
        'router: unknown key prot',
        'router.port: "x" must be integer',
        'router.balancing_algorithm: "foo" is not one of round-robin, least-connection',
        'router.drain_wait: "5" is not a duration; write 30s, 100ms or 1h2m',
      ],
    });
  });

  it.each([
    { file: '- a', problem: 'the file is not a mapping of keys' },
    { file: 'router: {routing_table_sharding_mode: segments}', problem: 'isolation_segments' },
    { file: 'router: {html_error_template_file: /none/t.html}', problem: 'ENOENT' },
    { file: 'router: {droplet_stale_threshold: 0s}', problem: 'must be more than 0' },
  ])('refuses $file', ({ file, problem }) => {
    const result = node(file);
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).toContain(problem);
  });

  it('reads lists from the environment as YAML or with commas', () => {
    for (const text of ['a:1,b:2', '[a:1, b:2]']) {
      expect(node('', { TROUPE_NATS_SERVERS: text })).toMatchObject({
        ok: true,
        config: { nats: { servers: ['a:1', 'b:2'] } },
      });
    }
  });

  it('prints what it understood, as a file that reads the same', () => {
    const first = node('router: {port: 7}');
    if (!first.ok) throw new Error('the file was refused');
    const second = node(first.printed);
    expect(second).toMatchObject({ ok: true, printed: first.printed });
  });
});

describe("the original's file", () => {
  const read = (text: string) => readGorouterConfig(text, secret);

  it.each([
    {
      text: 'nats: [{host: a, port: 1, user: u, pass: p}, {host: b, port: 2}]',
      nats: { servers: ['a:1', 'b:2'], user: 'u', password: 'p' },
    },
    {
      text: 'nats: {hosts: [{hostname: a, port: 1}], user: u, pass: p}',
      nats: { servers: ['a:1'], user: 'u', password: 'p' },
    },
    { text: '', nats: { servers: ['localhost:4222'], user: '' } },
  ])('takes NATS servers of $text', ({ text, nats }) => {
    expect(read(text)).toMatchObject({ ok: true, config: { nats } });
  });

  it("opens today's loopback port for /routes", () => {
    const text = 'status: {port: 8080, user: u, pass: p, routes: {port: 8082}}';
    expect(read(text)).toMatchObject({
      ok: true,
      config: { router: { status: { port: 8080, routesPort: 8082, user: 'u', password: 'p' } } },
    });
  });

  it('ignores unknown keys, keeps the defaults of the program', () => {
    expect(read('no_such_key: 1\nindex: ~')).toMatchObject({
      ok: true,
      config: { router: { port: 8081, backends: { maxAttempts: 0, isKeepAliveEnabled: false } } },
    });
  });

  it('raises the stale threshold to the start delay', () => {
    const text = 'droplet_stale_threshold: 10s\nstart_response_delay_interval: 15s';
    const staleThresholdMs = 15_000;
    expect(read(text)).toMatchObject({ config: { router: { registry: { staleThresholdMs } } } });
  });

  it.each([
    { text: 'enable_ssl: true', problem: 'enable_ssl' },
    { text: 'disable_http: true', problem: 'disable_http' },
    { text: 'route_services_secret: x', problem: 'route_services_secret' },
    { text: 'load_balancer_healthy_threshold: -5s', problem: 'healthy threshold: -5s' },
    { text: 'a: [', problem: 'yaml' },
  ])('refuses $text', ({ text, problem }) => {
    const result = read(text);
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).toContain(problem);
  });
});
