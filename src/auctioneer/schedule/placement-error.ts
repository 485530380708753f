/** Why there is no place, in the words that clients match (diego.md §13.2). */
import type { AuctionGeneration } from '../options.ts';
import type { Needs } from './auction-request.ts';
import type { Check } from './is-compatible.ts';

export const PROBLEMS = ['containers', 'disk', 'memory'] as const;
export type Problem = (typeof PROBLEMS)[number];

const UNREACHABLE = 'unable to communicate to compatible cells';
export const TOO_MANY_STARTING = 'waiting to start instance: reached in-flight start limit';

/** `"x"`, `"x" and "y"`, `"x", "y" and "z"`. */
function tagList(tags: readonly string[]): string {
  const quoted = tags.map((tag) => `"${tag}"`);
  const last = quoted.at(-1) ?? '';
  return quoted.length < 2 ? last : `${quoted.slice(0, -1).join(', ')} and ${last}`;
}

function tagMismatch(tags: readonly string[]): string {
  if (tags.length === 0) return 'found no compatible cell with no placement tags';
  const noun = tags.length === 1 ? 'tag' : 'tags';
  return `found no compatible cell with placement ${noun} ${tagList(tags)}`;
}

/** When no cell passes all checks. */
export function mismatchError(check: Check, needs: Needs, generation: AuctionGeneration): string {
  if (generation === '2015') return 'found no compatible cell';
  if (check === 'rootfs') return 'found no compatible cell for required rootfs';
  if (check === 'volume-drivers') return 'found no compatible cell with required volume drivers';
  return tagMismatch(needs.placementTags);
}

/** When every compatible cell is too full. `problems`: what is short on all of them. */
export function insufficientError(
  problems: ReadonlySet<Problem>,
  generation: AuctionGeneration,
): string {
  const common = PROBLEMS.filter((problem) => problems.has(problem));
  if (generation === '2015' || common.length === 0) return 'insufficient resources';
  return `insufficient resources: ${common.join(', ')}`;
}

/** When no cell answered. */
export const unreachableError = (generation: AuctionGeneration): string =>
  generation === '2015' ? 'found no compatible cell' : UNREACHABLE;
