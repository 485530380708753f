import { expect, test } from 'vitest';
import { readNodeConfig } from '../../../src/config/node-config.ts';

function read(...settings: string[]) {
  return readNodeConfig({ file: '', environment: {}, settings }, () => 'secret');
}

test('one worker unless told otherwise', () => {
  const result = read();
  expect(result.ok && result.config.router.workers).toBe(1);
});

test('0 to 64 workers', () => {
  const result = read('router.workers=0', 'router.engine=wire');
  expect(result.ok && result.config.router.workers).toBe(0);
  expect(read('router.workers=65').ok).toBe(false);
  expect(read('router.workers=-1').ok).toBe(false);
});

test('says that the other engine has no workers', () => {
  const result = read('router.workers=2', 'router.engine=http-proxy');
  expect(result.ok && result.config.warnings.join()).toContain('only the engine wire has workers');
  const wire = read('router.workers=2', 'router.engine=wire');
  expect(wire.ok && wire.config.warnings).toEqual([]);
});
