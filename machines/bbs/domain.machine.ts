/**
 * The life of a domain (diego.md §7.3, §8): while it is fresh, what is not desired in it may be
 * stopped. A lifecycle, not an actor (kernel/lifecycle.ts).
 *
 *            UPSERT            TIME passes its expiry           PRUNE
 *   absent ─────────► fresh ─────────────────────────► expired ───────► absent
 *                       ▲──────────── UPSERT ────────────┘
 */
import { setup } from 'xstate';
import { bbsError } from '../../src/model/bbs/errors.ts';
import { actionsOf, compileLifecycle, guardsOf, type Rules } from '../kernel/lifecycle.ts';
import {
  copyDomainContext,
  type DomainCommand,
  type DomainContext,
  domainContext,
} from './domain.context.ts';

const SECOND = 1_000_000_000n;

const isOver = ({ expiresAt }: DomainContext, now: bigint): boolean =>
  expiresAt !== undefined && expiresAt !== 0n && expiresAt <= now;

const domainRules = {
  guards: { isOver: (context, { now }) => isOver(context, now) },
  effects: {
    /** Replaces the expiry, also a later one (§8). */
    setExpiry: (draft, command) => {
      const ttlSeconds = command.type === 'UPSERT' ? command.ttlSeconds : 0;
      draft.expiresAt = ttlSeconds === 0 ? 0n : command.now + BigInt(ttlSeconds) * SECOND;
    },
    forget: (draft) => {
      draft.expiresAt = undefined;
    },
    reject: ({ outcome }) => {
      outcome.error = bbsError('ResourceNotFound');
    },
  },
} as const satisfies Rules<DomainContext, DomainCommand>;

const UPSERT = { target: 'fresh', actions: 'setExpiry' } as const;

export const domainMachine = setup({
  types: {
    context: {} as DomainContext,
    events: {} as DomainCommand,
    input: {} as { readonly expiresAt: bigint | undefined },
  },
  guards: guardsOf<DomainContext, DomainCommand, typeof domainRules>(domainRules),
  actions: actionsOf<DomainContext, DomainCommand, typeof domainRules>(
    domainRules,
    copyDomainContext,
  ),
}).createMachine({
  id: 'domain',
  options: { maxIterations: 1000 },
  context: ({ input }) => domainContext(input.expiresAt),
  initial: 'absent',
  states: {
    absent: {
      entry: 'forget',
      on: { UPSERT, TIME: {}, PRUNE: { actions: 'reject' } },
    },
    fresh: {
      on: {
        UPSERT,
        TIME: [{ guard: 'isOver', target: 'expired' }, {}],
        PRUNE: [{ guard: 'isOver', target: 'absent' }, {}],
      },
    },
    expired: {
      on: { UPSERT, TIME: {}, PRUNE: { target: 'absent' } },
    },
  },
});

/** The same machine as the BBS runs it. */
export const domainLifecycle = compileLifecycle<DomainContext, DomainCommand>(
  domainMachine,
  domainRules,
);

/** Of a stored expiry; 0: never. */
export function domainStateOf(expiresAt: bigint | undefined, now: bigint): string {
  if (expiresAt === undefined) return 'absent';
  return isOver(domainContext(expiresAt), now) ? 'expired' : 'fresh';
}
