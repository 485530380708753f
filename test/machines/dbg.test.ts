import fc from 'fast-check';
import { it } from 'vitest';
import { casesOf } from './lifecycle-kind.ts';
import { LIFECYCLES } from './lifecycles.ts';
import { allTransitionKeys } from './run-script.ts';
import { anyIndexCommand, anyMoves, anyWalk, walk } from './walk-lifecycle.ts';
it('x', () => {
  const P = { seed: 20_150_901, numRuns: 100 };
  for (const [id, kind] of Object.entries(LIFECYCLES)) {
    let n = 0; const e = new Set();
    fc.assert(fc.property(anyWalk(kind, 100), ([s, m]) => { n += m.length; for (const x of walk(kind, s, m).edges) e.add(x); }), P);
    console.log('S', id, 'cases', casesOf(kind).length + casesOf(kind, kind.contradictions).length, 'steps', n, 'edges', allTransitionKeys(kind.machine).length, 'on walks', e.size);
  }
  let n = 0;
  fc.assert(fc.property(fc.nat(), anyMoves(anyIndexCommand, 100), (_s, m) => { n += m.length; }), { ...P, numRuns: 300 });
  console.log('S index', n);
});
