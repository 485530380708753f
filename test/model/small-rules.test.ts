import { describe, expect, test } from 'vitest';
import { parseAppInstance, parseProcessInstance } from '../../src/model/cf-instance-header.ts';
import { acceptsSegment, type ShardingMode } from '../../src/model/isolation.ts';
import { isSucceededBy } from '../../src/model/modification-tag.ts';

const GUID = '11111111-2222-3333-4444-555555555555';

describe('X-CF-App-Instance', () => {
  test.each([
    [`${GUID}:0`, '0'],
    [`${GUID}:01`, '01'],
    [`${GUID}:123456`, '123456'],
  ])('%s', (value, index) => {
    expect(parseAppInstance(value)).toEqual({ applicationId: GUID, index });
  });

  test.each([
    GUID,
    `${GUID}:`,
    'foo:0',
    `${GUID.replace('1', 'A')}:0`,
    `${GUID}:0:1`,
    `${GUID}:-1`,
    ` ${GUID}:0`,
    `${GUID}:0\n`,
    '',
  ])('refuses %j', (value) => {
    expect(parseAppInstance(value)).toBeUndefined();
  });
});

describe('X-CF-Process-Instance', () => {
  test.each([
    [GUID, ''],
    [`${GUID}:3`, '3'],
  ])('%s', (value, index) => {
    expect(parseProcessInstance(value)).toEqual({ processId: GUID, index });
  });

  test.each([`${GUID}:`, 'foo', `${GUID}:x`, ''])('refuses %j', (value) => {
    expect(parseProcessInstance(value)).toBeUndefined();
  });
});

test('REG-29: order of modification tags', () => {
  const tag = (guid: string, index: number) => ({ guid, index });
  expect(isSucceededBy(tag('', 9), tag('a', 1))).toBe(true);
  expect(isSucceededBy(tag('a', 9), tag('', 1))).toBe(true);
  expect(isSucceededBy(tag('a', 9), tag('b', 1))).toBe(true);
  expect(isSucceededBy(tag('a', 1), tag('a', 2))).toBe(true);
  expect(isSucceededBy(tag('a', 1), tag('a', 1))).toBe(false);
  expect(isSucceededBy(tag('a', 2), tag('a', 1))).toBe(false);
});

test.each([
  ['all', '', true],
  ['all', 'other', true],
  ['segments', '', false],
  ['segments', 's1', true],
  ['segments', 'S1', false],
  ['segments', 'other', false],
  ['shared-and-segments', '', true],
  ['shared-and-segments', 's1', true],
  ['shared-and-segments', 'other', false],
] satisfies [ShardingMode, string, boolean][])(
  'sharding %s takes segment %j: %s',
  (mode, segment, expected) => {
    expect(acceptsSegment({ mode, segments: new Set(['s1']) }, segment)).toBe(expected);
  },
);
