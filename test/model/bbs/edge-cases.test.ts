/** Rules that no recording reaches (diego.md §5.2, §1.4): limits, quirks of the sources. */
import { describe, expect, test } from 'vitest';
import {
  desiredLrpForR0,
  desiredLrpForR2,
  taskForR2,
} from '../../../src/model/bbs/down-convert.ts';
import { DesiredLRP } from '../../../src/model/bbs/messages/desired-lrp.ts';
import { Task } from '../../../src/model/bbs/messages/tasks.ts';
import { requestProblem } from '../../../src/model/bbs/validation/request-problem.ts';
import { fromJson, toJson } from '../../../src/model/protobuf/json.ts';
import { type AnyType, typeNamed } from '../protobuf/all-types.ts';

const TODAY = { isMetricTagsNeeded: true };

/** What a message in its JSON form is refused with. */
function problemOf(name: string, json: object): string | undefined {
  const type = typeNamed(name);
  const read = fromJson(type, json);
  if (!read.ok) throw new Error(read.problem);
  return requestProblem(type, read.value, TODAY);
}

const RIGHT = {
  process_guid: 'p',
  domain: 'd',
  root_fs: 'preloaded:x',
  action: { run_action: { path: '/a', user: 'vcap' } },
  metric_tags: { source_id: { static: 's' } },
};

const desireProblem = (fields: object): string | undefined =>
  problemOf('DesireLRPRequest', { desired_lrp: { ...RIGHT, ...fields } });

describe('desired LRPs', () => {
  const mount = { driver: 'd', mode: 'rw' };
  const dependency = { from: 'f', to: 't', checksum_value: 'v' };
  const rule = { protocol: 'all' };
  test.each<[string, object, string | undefined]>([
    ['nothing is wrong', {}, undefined],
    ['cpu_weight 100', { cpu_weight: 100 }, undefined],
    ['no log rate limit', { log_rate_limit: { bytes_per_second: '-1' } }, undefined],
    [
      'a mount without its mounter',
      { volume_mounts: [{ ...mount, dedicated: {} }] },
      'invalid volume_mount mounter id',
    ],
    [
      'an algorithm in capitals',
      { cached_dependencies: [{ ...dependency, checksum_algorithm: 'SHA256' }] },
      undefined,
    ],
    [
      'a checksum without its algorithm',
      { cached_dependencies: [dependency] },
      'Invalid field: cached_dependency, Invalid field: checksum algorithm',
    ],
    [
      'an exclusive layer without a digest and a user',
      {
        image_layers: [
          { url: 'u', destination_path: '/d', layer_type: 'EXCLUSIVE', media_type: 'TAR' },
        ],
      },
      'Invalid field: image_layer, Invalid field: digest_algorithm, Invalid field: digest_value, ' +
        'Invalid field: legacy_download_user',
    ],
    [
      'a short form of no group',
      { egress_rules: [{ ...rule, destinations: ['1:2:3:4::5:6:7:8'] }] },
      'Invalid field: egress_rules, Invalid field: destinations [ Invalid IP ]',
    ],
    [
      'ICMP with ports and without its info',
      { egress_rules: [{ protocol: 'icmpv6', ports: [1], destinations: ['::1'] }] },
      'Invalid field: egress_rules, Invalid field: ports, Invalid field: icmp_info',
    ],
    [
      'TCP with ICMP info',
      { egress_rules: [{ protocol: 'tcp', ports: [1], icmp_info: {}, destinations: ['::1'] }] },
      'Invalid field: egress_rules, Invalid field: icmp_info',
    ],
    [
      'files of a megabyte',
      { volume_mounted_files: [{ content: 'a'.repeat(2 ** 20) }] },
      undefined,
    ],
    [
      'files of more than a megabyte, said twice',
      { volume_mounted_files: [{ content: 'a'.repeat(2 ** 20) }, { content: 'a' }] },
      'Invalid field: volumeMountedFiles, Invalid field: volumeMountedFiles',
    ],
    [
      'metric tags before sidecars, sidecars before credentials',
      { metric_tags: {}, sidecars: [{}], image_username: 'u', log_rate_limit: {} },
      'Invalid field: metric_tags, Invalid field: sidecars, invalid action type, ' +
        'Invalid field: image_password',
    ],
  ])('%s', (_, fields, expected) => {
    expect(desireProblem(fields)).toBe(expected);
  });
});

describe('other requests', () => {
  test.each<[string, object, string | undefined]>([
    ['ActualLRPsByProcessGuidsRequest', {}, 'process_guids must not be empty'],
    ['ActualLRPsByProcessGuidsRequest', { process_guids: [''] }, undefined],
    ['RemoveActualLRPRequest', { process_guid: 'p', index: -1 }, 'Invalid field: index'],
    ['FailTaskRequest', { task_guid: 't' }, 'Invalid field: failure_reason'],
    [
      'UpdateDesiredLRPRequest',
      { process_guid: 'p', update: { image_username: 'u', instances: -1 } },
      'Invalid field: instances, Invalid field: image_password',
    ],
    [
      'DesireTaskRequest',
      {
        task_guid: 't',
        domain: 'd',
        task_definition: {
          root_fs: 'a:b',
          action: RIGHT.action,
          log_rate_limit: { bytes_per_second: '-2' },
          max_pids: -1,
        },
      },
      'Invalid field: log_rate_limit, Invalid field: max_pids',
    ],
  ])('%s %j', (name, json, expected) => {
    expect(problemOf(name, json)).toBe(expected);
  });
});

const readAs = <T>(type: AnyType, json: object): T => {
  const read = fromJson(type, json);
  if (!read.ok) throw new Error(read.problem);
  return read.value as T;
};

describe('down-conversion', () => {
  const layer = {
    name: 'l',
    url: 'u',
    destination_path: '/d',
    media_type: 'TAR',
    digest_algorithm: 'SHA512',
    digest_value: 'v',
  };
  const desired = (fields: object): DesiredLRP => readAs(DesiredLRP as AnyType, fields);
  const shown = (own: DesiredLRP): object => toJson(DesiredLRP, own);

  test('a shared layer with a digest is cached by it', () => {
    const own = desired({ image_layers: [{ ...layer, layer_type: 'SHARED' }] });
    expect(shown(desiredLrpForR2(own))).toEqual({
      cached_dependencies: [
        {
          name: 'l',
          from: 'u',
          to: '/d',
          cache_key: 'sha512:v',
          checksum_algorithm: 'sha512',
          checksum_value: 'v',
        },
      ],
    });
  });

  test('an exclusive layer without a setup is the setup', () => {
    const own = desired({
      legacy_download_user: 'x',
      image_layers: [{ ...layer, layer_type: 'EXCLUSIVE' }],
    });
    const download_action = {
      artifact: 'l',
      from: 'u',
      to: '/d',
      cache_key: 'sha512:v',
      user: 'x',
      checksum_algorithm: 'sha512',
      checksum_value: 'v',
    };
    expect(shown(desiredLrpForR2(own))).toEqual({
      legacy_download_user: 'x',
      setup: { parallel_action: { actions: [{ download_action }] } },
    });
  });

  test('cached dependencies without a setup are a list of one', () => {
    const own = desired({ cached_dependencies: [{ from: 'f', to: 't' }], start_timeout_ms: 1999 });
    expect(shown(desiredLrpForR0(own))).toEqual({
      setup: {
        serial_action: {
          actions: [
            { parallel_action: { actions: [{ download_action: { from: 'f', to: 't' } }] } },
          ],
        },
      },
      start_timeout: 1,
      start_timeout_ms: '1999',
    });
  });

  test('a task without a definition or layers is the same object', () => {
    const task = Task.create({ task_guid: 't' });
    expect(taskForR2(task)).toBe(task);
    const defined = readAs<Task>(Task as AnyType, { task_definition: {} });
    expect(taskForR2(defined)).toBe(defined);
  });
});
