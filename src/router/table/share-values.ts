import type { LoadBalancingOption, Tags } from '../../model/registry-message.ts';

const SLOTS = 4096;
const MASK = SLOTS - 1;

/**
 * Lets equal texts and tags of different endpoints be one object. It forgets: each slot keeps
 * only the latest value, so its size is fixed and a missed match costs memory, nothing else.
 */
export class ValueSharer {
  private readonly texts: (string | undefined)[] = new Array(SLOTS).fill(undefined);
  private readonly tags: (Tags | undefined)[] = new Array(SLOTS).fill(undefined);
  private option: LoadBalancingOption | undefined;

  text(value: string): string {
    const slot = slotOf(value);
    const known = this.texts[slot];
    if (known === value) return known;
    this.texts[slot] = value;
    return value;
  }

  /** May put shared texts into `tags` itself: the caller must own it. */
  sharedTags(tags: Tags | undefined): Tags | undefined {
    if (tags === undefined) return undefined;
    let slot = 0;
    for (const name in tags) slot = (slot * 31 + slotOf(tags[name] ?? '')) & MASK;
    const known = this.tags[slot];
    if (known !== undefined && areTagsEqual(known, tags)) return known;
    const own = tags as Record<string, string>;
    for (const name in own) own[name] = this.text(own[name] ?? '');
    this.tags[slot] = own;
    return own;
  }

  loadBalancing(option: LoadBalancingOption): LoadBalancingOption {
    if (this.option !== undefined && isSameOption(this.option, option)) return this.option;
    this.option = option;
    return option;
  }
}

/** The ends of names and ids differ most: enough to spread values over the slots. */
function slotOf(text: string): number {
  const length = text.length;
  let hash = length;
  for (let back = 1; back <= 6 && back <= length; back += 1) {
    hash = (hash * 31 + text.charCodeAt(length - back)) | 0;
  }
  if (length > 0) hash = (hash * 31 + text.charCodeAt(0)) | 0;
  return (hash ^ (hash >>> 12)) & MASK;
}

export function areTagsEqual(left: Tags | undefined, right: Tags | undefined): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined) {
    return isEmpty(left) && isEmpty(right);
  }
  let count = 0;
  for (const name in left) {
    if (left[name] !== right[name]) return false;
    count += 1;
  }
  for (const _ in right) count -= 1;
  return count === 0;
}

function isEmpty(tags: Tags | undefined): boolean {
  for (const _ in tags) return false;
  return true;
}

export function isSameOption(left: LoadBalancingOption, right: LoadBalancingOption): boolean {
  if (left === right) return true;
  return (
    left.algorithm === right.algorithm &&
    left.hashHeader === right.hashHeader &&
    left.hashBalance === right.hashBalance
  );
}
