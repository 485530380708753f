import type { CellState } from '../state.ts';

/**
 * Stops every container as `stop` does, tells the BBS, and removes what is left (diego.md §13.7:
 * the clean-up at the end of a cell). Resolves when no container is left.
 */
export async function removeContainers(state: CellState): Promise<void> {
  const { executor, options, ports, work } = state;
  const { clock } = ports;
  for (const { allocation } of executor.list()) executor.stop(allocation.guid);
  await new Promise<void>((resolve) => {
    const isEmpty = (): boolean => executor.list().length === 0;
    const end = (): void => {
      clock.clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const timer = clock.setTimeout(end, options.stopTimeoutMs);
    // A removed container tells of nothing: the BBS's word is what it waits for.
    const unsubscribe = executor.onChange(() => {
      void work.idle().then(() => {
        if (isEmpty()) end();
      });
    });
    if (isEmpty()) end();
  });
  await Promise.all(executor.list().map(({ allocation }) => executor.remove(allocation.guid)));
}
