import type { RecordedMessage } from './recorded-situation.ts';

/** Where this route-emitter sends something else on purpose. */
export interface Deviation {
  /** Step of a situation: `r0016:3`. */
  readonly at: string;
  readonly messages: readonly RecordedMessage[];
  readonly reason: string;
}

export const deviations: readonly Deviation[] = [];
