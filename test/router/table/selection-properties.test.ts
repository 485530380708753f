import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createSelection,
  NO_WISHES,
  selectNext,
} from '../../../src/router/table/choose-endpoint.ts';
import { beginExchange } from '../../../src/router/table/endpoint.ts';
import { markFailed } from '../../../src/router/table/route-table.ts';
import { choose, manyChoices, poolOf, tally } from './selection-fixture.ts';
import { balancing, message, seededRandom } from './table-fixture.ts';

test('no address is tried twice while another one is left, whatever happens to the pool', () => {
  const change = fc.record({
    kind: fc.constantFrom('add', 'remove', 'fail', 'fill', 'none'),
    port: fc.integer({ min: 1, max: 8 }),
  });
  const algorithm = fc.constantFrom('round-robin', 'least-connection', 'hash');
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), algorithm, fc.nat(), (changes, name, seed) => {
      const option = { algorithm: name, hashHeader: 'X', hashBalance: 1.5 };
      const { table, pool } = poolOf(4, () => ({ loadBalancing: option }));
      const settings = balancing({
        random: seededRandom(seed + 1),
        maxConnectionsPerEndpoint: 2,
      });
      const selection = createSelection(pool, { ...NO_WISHES, hashValue: 'v' }, settings);
      const tried = new Set<string>();
      for (const { kind, port } of changes) {
        const member = pool.findByAddress('10.0.0.1', port);
        if (kind === 'add') table.register(message({ port, loadBalancing: option }), 1);
        if (kind === 'remove') table.unregister(message({ port }), 1);
        if (kind === 'fail' && member) markFailed(pool, member.endpoint, 30_000);
        if (kind === 'fill' && member) beginExchange(member.endpoint);
        const free = pool.members.filter((each) => each.endpoint.openConnections < 2);
        const isUntriedLeft = free.some((each) => !tried.has(each.endpoint.address));
        const endpoint = selectNext(selection, 1000);
        expect(endpoint === undefined && isUntriedLeft).toBe(false);
        if (endpoint === undefined) continue;
        expect(endpoint.openConnections).toBeLessThan(2);
        if (isUntriedLeft) expect(tried.has(endpoint.address)).toBe(false);
        tried.add(endpoint.address);
      }
    }),
  );
});

test('round-robin is fair for any number of endpoints and rounds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5 }), (size, rounds) => {
      const { pool } = poolOf(size);
      const settings = balancing({ random: seededRandom(size) });
      const counts = tally(manyChoices(size * rounds, () => choose(pool, settings)));
      expect(Object.values(counts)).toEqual(new Array(size).fill(rounds));
    }),
  );
});
