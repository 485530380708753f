import { type ExpectStatic, test } from 'vitest';
import { World } from './world.ts';

const PATIENCE_MS = 45_000;

type Run = (world: World, expect: ExpectStatic) => Promise<void>;

export interface StoryOptions {
  /** Beside the others of its file; not for one that measures. */
  readonly isConcurrent?: boolean;
  /** Visible in the report; it must not hide a failure. */
  readonly isSkipped?: boolean;
}

/** A test of whole processes: what it started is gone at its end, however it ends. */
export function story(name: string, run: Run, options: StoryOptions = {}): void {
  const { isConcurrent = true, isSkipped = false } = options;
  const settings = { timeout: PATIENCE_MS, concurrent: isConcurrent, skip: isSkipped };
  test(name, settings, async ({ expect }) => {
    const world = new World();
    try {
      await run(world, expect);
    } finally {
      await world.end();
    }
  });
}
