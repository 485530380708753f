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
  const { received, accepted, rejected, dropped } = counts;
  const sum = `accepted ${accepted} + rejected ${rejected} + dropped ${dropped}`;
  const mib = (size: number) => `${size.toFixed(0)} MiB`;
  const memory = `${mib(report.warmMiB)} warm, ${mib(report.endMiB)} at the end`;
  const pair = (key: 'p50Ms' | 'p99Ms') =>
    `${quiet[key].toFixed(1)} / ${flooded[key].toFixed(1)} ms`;
  return [
    `${total} hostile messages in ${seconds.toFixed(1)} s, ${(total / seconds).toFixed(0)}/s`,
    `  to be refused              ${sent.rejected}`,
    `  strange but legal          ${sent.accepted}`,
    `  on other subjects          ${sent.uncounted}`,
    `  good registrations         ${good}`,
    `  counted by the router      received ${received} = ${sum}`,
    `  counters exact             ${isExact ? 'yes' : 'NO'}`,
    `  good routes unchanged      ${report.areGoodRoutesUnchanged ? 'yes' : 'NO'}`,
    `  log lines, worst second    ${report.logLinesPerSecond}`,
    `  resident memory            ${memory}, ${mib(report.highestMiB)} highest`,
    `  requests meanwhile         ${flooded.requests}, failed ${failed}`,
    `  p50 before / during        ${pair('p50Ms')}`,
    `  p99 before / during        ${pair('p99Ms')}`,
  ];
}
