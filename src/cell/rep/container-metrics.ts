/** What each container uses of what it was given (diego.md §13.3, GET /container_metrics). */
import type { Container, ContainerFigures } from '../executor/executor.ts';
import type { CellState } from '../state.ts';

const MEBIBYTE = 1024 * 1024;
const NANOSECONDS = 1_000_000;
const NOTHING: ContainerFigures = { memoryBytes: 0, diskBytes: 0, cpuMs: 0, processes: 0 };

const figuresJson = ({ allocation }: Container, figures: ContainerFigures) => ({
  memory_usage_in_bytes: figures.memoryBytes,
  memory_quota_in_bytes: allocation.memoryMb * MEBIBYTE,
  disk_usage_in_bytes: figures.diskBytes,
  disk_quota_in_bytes: allocation.diskMb * MEBIBYTE,
  time_spent_in_cpu: figures.cpuMs * NANOSECONDS,
  processes: figures.processes,
});

export function metricsJson({ executor, options }: CellState) {
  const lrps: unknown[] = [];
  const tasks: unknown[] = [];
  for (const container of executor.list()) {
    const { guid, owner } = container.allocation;
    const figures = figuresJson(container, executor.figures(guid) ?? NOTHING);
    if (owner.lifecycle === 'task') tasks.push({ task_guid: guid, ...figures });
    else {
      const { processGuid, instanceGuid, index } = owner;
      const own = { process_guid: processGuid, instance_guid: instanceGuid, index };
      lrps.push({ ...own, ...figures });
    }
  }
  return { cell_id: options.cellId, lrps, tasks };
}
