/** Tells cells what to stop, to update and to cancel (diego.md §13.3). */

import { type CallResult, createHttpCalls } from '../../clients/http-calls.ts';
import { WorkerPool } from '../../clients/worker-pool.ts';
import { internalRoutesOf, metricTagsFor } from '../../model/bbs/internal-routes.ts';
import type { ActualLRP } from '../../model/bbs/messages/actual-lrp.ts';
import type { CellPresence } from '../../model/bbs/messages/cells.ts';
import type { DesiredLRP } from '../../model/bbs/messages/desired-lrp.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { BBS_LIMITS, type BbsOptions } from '../options.ts';

/** What of it is new to the cell; the rest is sent as null. */
export interface CellNews {
  readonly hasRoutes: boolean;
  readonly hasTags: boolean;
}

export interface RepClient {
  stop(cell: CellPresence, row: ActualLRP): Promise<CallResult>;
  /** Without waiting: failures are logged, convergence repeats. */
  stopLater(cell: CellPresence, row: ActualLRP): void;
  updateLater(cell: CellPresence, row: ActualLRP, desired: DesiredLRP, news: CellNews): void;
  cancelTaskLater(cell: CellPresence, taskGuid: string): void;
  idle(): Promise<void>;
}

const addressOf = ({ rep_url, rep_address }: CellPresence): string =>
  rep_url === '' ? rep_address : rep_url;

const encoded = encodeURIComponent;

export function createRepClient(
  { communicationTimeoutMs, repTls }: BbsOptions,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): RepClient {
  const calls = createHttpCalls({ clock, timeoutMs: communicationTimeoutMs, tls: repTls });
  const pool = new WorkerPool(BBS_LIMITS.repCalls, BBS_LIMITS.repCallsWaiting);

  function later(what: string, call: () => Promise<CallResult>): void {
    const isTaken = pool.add(async () => {
      const result = await call();
      if (result.ok && result.status < 300) return;
      log.error(`bbs.rep.${what}-failed`, { ...result });
    });
    if (!isTaken) log.error('bbs.rep.queue-full', { what });
  }

  const stop = (cell: CellPresence, row: ActualLRP): Promise<CallResult> => {
    const { process_guid } = row.actual_lrp_key;
    const { instance_guid } = row.actual_lrp_instance_key;
    const path = `/v1/lrps/${encoded(process_guid)}/instances/${encoded(instance_guid)}/stop`;
    return calls.call('POST', addressOf(cell) + path, undefined);
  };

  function update(
    cell: CellPresence,
    row: ActualLRP,
    desired: DesiredLRP,
    { hasRoutes, hasTags }: CellNews,
  ): Promise<CallResult> {
    const { process_guid, index, domain } = row.actual_lrp_key;
    const { instance_guid } = row.actual_lrp_instance_key;
    const body = {
      instance_guid,
      process_guid,
      index,
      domain,
      internal_routes: hasRoutes ? (internalRoutesOf(desired) ?? null) : null,
      metric_tags: hasTags
        ? Object.fromEntries(metricTagsFor(desired, index, instance_guid))
        : null,
    };
    const path = `/v2/lrps/${encoded(process_guid)}/instances/${encoded(instance_guid)}`;
    return calls.call('PUT', addressOf(cell) + path, JSON.stringify(body));
  }

  return {
    stop,
    stopLater: (cell, row) => later('stop', () => stop(cell, row)),
    updateLater: (cell, row, desired, news) =>
      later('update', () => update(cell, row, desired, news)),
    cancelTaskLater: (cell, taskGuid) =>
      later('cancel-task', () =>
        calls.call('POST', `${addressOf(cell)}/v1/tasks/${encoded(taskGuid)}/cancel`, undefined),
      ),
    idle: () => pool.idle(),
  };
}
