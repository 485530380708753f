import type { DesiredLRP, DesiredLRPUpdate } from '../../src/model/bbs/messages/desired-lrp.ts';

/** Commands for one desired LRP (diego.md §5). */
export type DesiredLrpCommand =
  | { readonly type: 'DESIRE'; readonly desired: DesiredLRP; readonly epoch: string }
  | { readonly type: 'UPDATE'; readonly update: DesiredLRPUpdate }
  | { readonly type: 'REMOVE' };
