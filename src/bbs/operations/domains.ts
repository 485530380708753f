/** Which domains are fresh (diego.md §8). */
import { domainContext } from '../../../machines/bbs/domain.context.ts';
import { domainLifecycle, domainStateOf } from '../../../machines/bbs/domain.machine.ts';
import type { BbsError } from '../../model/bbs/errors.ts';
import { domainKey } from '../image/keys.ts';
import type { BbsState } from '../state.ts';
import { commit, unchanged } from './commit.ts';

type Command =
  | { readonly type: 'UPSERT'; readonly ttlSeconds: number }
  | { readonly type: 'PRUNE' };

async function stepDomain(state: BbsState, name: string, fields: Command) {
  const key = domainKey(name);
  const committed = await state.queue.run(key, () =>
    commit(state, () => {
      const record = state.image.domains.get(name);
      const context = domainContext(record?.expiresAt);
      const now = state.now();
      domainLifecycle.step(domainStateOf(record?.expiresAt, now), context, { ...fields, now });
      const { expiresAt, outcome } = context;
      return {
        reply: outcome.error,
        compare: [unchanged(key, record)],
        operations:
          fields.type === 'PRUNE' && expiresAt === record?.expiresAt
            ? []
            : expiresAt === undefined
              ? [{ type: 'delete', key } as const]
              : [{ type: 'put', key, value: Buffer.from(String(expiresAt)) } as const],
      };
    }),
  );
  return committed.ok ? committed.reply : committed.error;
}

export const upsertDomain = (
  state: BbsState,
  { domain, ttl }: { readonly domain: string; readonly ttl: number },
): Promise<BbsError | undefined> => stepDomain(state, domain, { type: 'UPSERT', ttlSeconds: ttl });

export async function pruneDomains(state: BbsState): Promise<void> {
  const now = state.now();
  for (const [name, { expiresAt }] of state.image.domains) {
    if (domainStateOf(expiresAt, now) === 'expired') {
      await stepDomain(state, name, { type: 'PRUNE' });
    }
  }
}

export function freshDomains(state: BbsState): string[] {
  const now = state.now();
  return [...state.image.domains]
    .filter(([, { expiresAt }]) => domainStateOf(expiresAt, now) === 'fresh')
    .map(([name]) => name);
}
