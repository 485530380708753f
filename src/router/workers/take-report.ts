/** The main thread's side of the reports of its workers. */
import type { Log, LogData } from '../../ports/log.ts';
import type { LineSink } from '../access-log.ts';
import type { RouterMetrics } from '../metrics.ts';
import type { LogEntry, WorkerReport } from './messages.ts';

export interface ReportTargets {
  readonly metrics: RouterMetrics;
  readonly log: Log;
  readonly accessLines: readonly LineSink[];
}

/** Requests in hand of one worker, as it last told. */
export interface WorkerGauges {
  openRequests: number;
  openUpgrades: number;
}

function writeEntry({ level, source, message, data }: LogEntry, logs: Map<string, Log>, log: Log) {
  const own = source === '' ? log : (logs.get(source) ?? log.child(source));
  logs.set(source, own);
  own[level](message, data === undefined ? undefined : (JSON.parse(data) as LogData));
}

/** The gauges of all workers add up; a worker that is gone has none. */
export function setGauges(own: WorkerGauges, now: WorkerGauges, metrics: RouterMetrics): void {
  metrics.openRequests += now.openRequests - own.openRequests;
  metrics.openUpgrades += now.openUpgrades - own.openUpgrades;
  own.openRequests = now.openRequests;
  own.openUpgrades = now.openUpgrades;
}

/** Adds what one worker counted and wrote to what the router shows. */
export function takeReport(report: WorkerReport, own: WorkerGauges, targets: ReportTargets): void {
  const { metrics, log, accessLines } = targets;
  if (report.lines !== '') for (const sink of accessLines) sink.write(report.lines);
  const logs = new Map<string, Log>();
  for (const entry of report.log) writeEntry(entry, logs, log);
  if (report.droppedLogEntries > 0) {
    log.warn('log-lines-left-out', { count: report.droppedLogEntries });
  }
  for (const [name, add] of report.counters) metrics.count(name, add);
  for (const { component, applicationId, count } of report.attempts) {
    for (let at = 0; at < count; at += 1) metrics.attemptStarted(component, applicationId);
  }
  for (const { component, status, count, sumMs } of report.responses) {
    for (let at = 0; at < count; at += 1) metrics.responseSent(component, status, sumMs / count);
  }
  setGauges(own, report, metrics);
}
