/** Orders two registrations of one endpoint. NATS carries none, so there it is always zero. */
export interface ModificationTag {
  readonly guid: string;
  readonly index: number;
}

export const ZERO_MODIFICATION_TAG: ModificationTag = { guid: '', index: 0 };

/** gorouter.md §2.9: an empty or another guid always wins, the same guid needs a higher index. */
export function isSucceededBy(old: ModificationTag, next: ModificationTag): boolean {
  if (old.guid === '' || next.guid === '') return true;
  return old.guid !== next.guid || old.index < next.index;
}

export function isSameTag(left: ModificationTag, right: ModificationTag): boolean {
  return left.guid === right.guid && left.index === right.index;
}
