import type { FloodReport } from './run-flood.ts';

/** The figures of a flood in words. */
export function floodLines(report: FloodReport): string[] {
  const { sent, counts, good, quiet, flooded } = report;
  const isExact =
    counts.rejected === sent.rejected &&
    counts.accepted === sent.accepted + good &&
    counts.received === counts.accepted + counts.rejected + counts.dropped;
  const total = sent.accepted + sent.rejected + sent.uncounted;
  const seconds = report.tookMs / 1000;
  const failed = [...flooded.failures.values()].reduce((sum, count) => sum + count, 0);
  return [
    `${total} hostile messages in ${seconds.toFixed(1)} s, ${(total / seconds).toFixed(0)}/s`,
    `  to be refused ${sent.rejected}, strange but legal ${sent.accepted}, other subjects ${sent.uncounted}`,
    `  router: received ${counts.received} = accepted ${counts.accepted} + rejected ${counts.rejected} + dropped ${counts.dropped}`,
    `  counters exact             ${isExact ? 'yes' : 'NO'}`,
    `  good routes unchanged      ${report.areGoodRoutesUnchanged ? 'yes' : 'NO'}`,
    `  log lines, worst second    ${report.logLinesPerSecond}`,
    `  resident memory            ${report.warmMiB.toFixed(0)} MiB warm, ${report.endMiB.toFixed(0)} at the end, ${report.highestMiB.toFixed(0)} highest`,
    `  requests meanwhile         ${flooded.requests}, failed ${failed}`,
    `  p50 before / during        ${quiet.p50Ms.toFixed(1)} / ${flooded.p50Ms.toFixed(1)} ms`,
    `  p99 before / during        ${quiet.p99Ms.toFixed(1)} / ${flooded.p99Ms.toFixed(1)} ms`,
  ];
}
