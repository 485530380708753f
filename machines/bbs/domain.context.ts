import type { BbsError } from '../../src/model/bbs/errors.ts';

export type DomainCommand = { readonly now: bigint } & (
  | { readonly type: 'UPSERT'; readonly ttlSeconds: number }
  | { readonly type: 'TIME' }
  | { readonly type: 'PRUNE' }
);

export interface DomainContext {
  /** Nanoseconds since 1970; 0: never; undefined: there is no such domain. */
  expiresAt: bigint | undefined;
  outcome: { error: BbsError | undefined };
}

export const domainContext = (expiresAt: bigint | undefined): DomainContext => ({
  expiresAt,
  outcome: { error: undefined },
});

export const copyDomainContext = ({ expiresAt, outcome }: DomainContext): DomainContext => ({
  expiresAt,
  outcome: { ...outcome },
});
