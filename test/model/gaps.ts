/** Why transitions are not taken by real components in the tests that are measured. */

export interface Gap {
  readonly machine: string;
  /** As `transitionKey` of test/machines/run-script.ts tells them. */
  readonly edges: readonly string[];
  readonly reason: string;
}

export const GAPS: readonly Gap[] = [];
