import { describe, expect, test } from 'vitest';
import { fromJson, snakeName, toJson } from '../../../src/model/protobuf/json.ts';
import { typeNamed } from './all-types.ts';

const problemOf = (name: string, json: unknown): string => {
  const read = fromJson(typeNamed(name), json);
  return read.ok ? 'no problem' : read.problem;
};

const readFrom = (name: string, json: unknown): Record<string, unknown> => {
  const read = fromJson(typeNamed(name), json);
  if (!read.ok) throw new Error(read.problem);
  return read.value as Record<string, unknown>;
};

const routeOf = (route: unknown): string => {
  const routes = readFrom('ProtoRoutes', { routes: { r: route } })['routes'];
  return Buffer.from((routes as Map<string, Uint8Array>).get('r') as Uint8Array).toString('latin1');
};

describe('names', () => {
  test.each([
    ['Routable', 'routable'],
    ['PlacementTags', 'placement_tags'],
    ['metric_tags', 'metric_tags'],
  ])('%s is %s', (name, snake) => {
    expect(snakeName(name)).toBe(snake);
  });

  test('both are read, one is written', () => {
    const type = typeNamed('DesiredLRP');
    const message = readFrom('DesiredLRP', { placement_tags: ['a'] });
    expect(readFrom('DesiredLRP', { PlacementTags: ['a'] })).toEqual(message);
    expect(toJson(type, message)).toEqual({ placement_tags: ['a'] });
    expect(toJson(type, message, { names: 'proto' })).toEqual({ PlacementTags: ['a'] });
  });
});

describe('values', () => {
  test('64-bit integers', () => {
    expect(readFrom('Task', { created_at: '-9223372036854775808' })['created_at']).toBe(
      -(2n ** 63n),
    );
    expect(readFrom('Task', { created_at: 5 })['created_at']).toBe(5n);
    const where = 'created_at: a 64-bit integer is expected';
    for (const bad of ['9223372036854775808', 2 ** 53, 1.5, '', '0x1', ' 1', true, '1e3']) {
      expect(problemOf('Task', { created_at: bad })).toBe(where);
    }
    const limits = { resource_limits: { nofile: '-1' } };
    expect(problemOf('RunAction', limits)).toBe(
      'resource_limits.nofile: an unsigned 64-bit integer is expected',
    );
  });

  test('a negative zero is the default', () => {
    expect(readFrom('Task', JSON.parse('{"rejection_count":-0}'))['rejection_count']).toBe(0);
  });

  test('enums by name and by number', () => {
    expect(readFrom('Task', { state: 'Running' })['state']).toBe(2);
    expect(readFrom('Task', { state: 3 })['state']).toBe(3);
    expect(toJson(typeNamed('Task'), readFrom('Task', { state: 99 }))).toEqual({ state: 99 });
    for (const bad of ['running', 'toString', '__proto__']) {
      expect(problemOf('Task', { state: bad })).toMatch(/^state: one of Invalid, Pending/);
    }
  });

  test('route values: text, inline JSON, other bytes', () => {
    expect(routeOf('[{"port":8080}]')).toBe('[{"port":8080}]');
    expect(routeOf([{ port: 8080 }])).toBe('[{"port":8080}]');
    expect(routeOf('hex:ff00')).toBe('\u00ff\u0000');
    expect(problemOf('ProtoRoutes', { routes: { r: 'hex:f' } })).toMatch(/^routes\.r: pairs/);
    expect(problemOf('ProtoRoutes', { routes: { r: 5 } })).toBe(
      'routes.r: text or JSON is expected',
    );
  });

  test('presence is kept, defaults are left out', () => {
    const type = typeNamed('DesiredLRPUpdate');
    const present = { instances: 0, routes: {}, annotation: '' };
    expect(toJson(type, readFrom('DesiredLRPUpdate', present))).toEqual(present);
    expect(toJson(type, type.empty)).toEqual({});
    const always = toJson(typeNamed('ActualLRP'), typeNamed('ActualLRP').empty);
    expect(Object.keys(always)).toEqual([
      'actual_lrp_key',
      'actual_lrp_instance_key',
      'actual_lrp_net_info',
      'modification_tag',
    ]);
    expect(readFrom('DesiredLRP', { routes: null })['routes']).toBeUndefined();
  });

  test('a key like a property of objects is a key', () => {
    const json: unknown = JSON.parse('{"properties":{"__proto__":"a","constructor":"b"}}');
    const message = readFrom('Network', json);
    expect([...(message['properties'] as Map<string, string>).keys()]).toEqual([
      '__proto__',
      'constructor',
    ]);
    expect(JSON.stringify(toJson(typeNamed('Network'), message))).toBe(JSON.stringify(json));
  });
});

describe('problems', () => {
  test.each<[string, unknown, string]>([
    ['Task', null, 'the message: an object is expected'],
    ['Task', [], 'the message: an object is expected'],
    ['Task', { nope: 1 }, 'nope: unknown field'],
    ['Task', JSON.parse('{"__proto__":{}}'), '__proto__: unknown field'],
    ['Task', { task_definition: { nope: 1 } }, 'task_definition.nope: unknown field'],
    ['DesiredLRP', { PlacementTags: [], placement_tags: [] }, 'placement_tags: given twice'],
    ['DesiredLRP', { ports: [1, -1] }, 'ports[1]: an integer from 0 to 4294967295 is expected'],
    ['DesiredLRP', { ports: 1 }, 'ports: an array is expected'],
    ['DesiredLRP', { egress_rules: [null] }, 'egress_rules[0]: an object is expected'],
    ['DesiredLRP', { metric_tags: [] }, 'metric_tags: an object is expected'],
    ['Task', { task_guid: 1 }, 'task_guid: text is expected'],
    ['Task', { task_guid: '\ud800' }, 'task_guid: well-formed text is expected'],
    ['Task', { failed: 'true' }, 'failed: true or false is expected'],
  ])('%s %j', (name, json, problem) => {
    expect(problemOf(name, json)).toBe(problem);
  });

  test('what is nested too deeply', () => {
    let action: unknown = { run_action: {} };
    let inline: unknown = 1;
    for (let depth = 0; depth < 100_000; depth += 1) {
      if (depth < 200) action = { try_action: { action } };
      inline = [inline];
    }
    expect(problemOf('Action', action)).toMatch(/nested too deeply$/);
    expect(problemOf('ProtoRoutes', { routes: { r: inline } })).toMatch(/nested too deeply$/);
  });
});
