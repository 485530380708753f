import { expect, it } from 'vitest';
import { certificateFor } from '../../../src/router/http/wire/tls-listener.ts';

const CERTIFICATES = [
  { cert: '', key: '', names: ['first.test'] },
  { cert: '', key: '', names: ['*.apps.test', 'apps.test'] },
  { cert: '', key: '', names: ['web.apps.test'] },
];

it.each([
  ['first.test', 0],
  ['FIRST.test', 0],
  ['web.apps.test', 2],
  ['other.apps.test', 1],
  ['apps.test', 1],
  ['a.b.apps.test', 0],
  ['nobody.test', 0],
  ['localhost', 0],
  ['', 0],
])('%s gets certificate %i (gorouter.md §1.2)', (name, index) => {
  expect(certificateFor(name, CERTIFICATES)).toBe(index);
});
