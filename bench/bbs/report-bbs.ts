import type { LoadFigures } from './generate-load.ts';
import { REFERENCES, TARGET_FACTOR } from './operations.ts';
import type { BbsReport } from './run-bbs-bench.ts';
import type { ScaleReport } from './run-scale-bench.ts';

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const ruler = (columns: number): string => `|---${'|---:'.repeat(columns - 1)}|`;
const microseconds = (value: number | undefined): string =>
  value === undefined ? '–' : value.toFixed(0);

function figureRow(own: LoadFigures): string {
  const { unit, diego } = REFERENCES[own.name];
  const rate = (own.requests / own.tookMs) * 1000;
  const isRate = unit === '/s';
  const target = isRate ? diego * TARGET_FACTOR : diego / TARGET_FACTOR;
  const ratio = isRate ? rate / target : target / own.p50Ms;
  return row([
    own.name,
    own.clients,
    own.requests,
    rate.toFixed(0),
    own.p50Ms.toFixed(2),
    own.p99Ms.toFixed(2),
    microseconds(own.serverCpuUs),
    microseconds(own.mainThreadCpuUs),
    microseconds(own.clientCpuUs),
    `${target} ${unit}`,
    (ratio * TARGET_FACTOR).toFixed(1),
    ratio.toFixed(2),
    own.failures,
  ]);
}

const COLUMNS = [
  'operation',
  'clients',
  'requests',
  'per second',
  'p50 ms',
  'p99 ms',
  'server CPU us',
  'its main thread',
  'client CPU us',
  'target',
  'x Diego',
  'x target',
  'failed',
];

/** The table of a load; `x target` from 1 on is as wanted. */
export function bbsLines({ figures, highestMiB, loadBefore, loadAfter }: BbsReport): string[] {
  const memory = highestMiB === undefined ? '' : `, highest RSS ${highestMiB.toFixed(0)} MiB`;
  return [
    row(COLUMNS),
    ruler(COLUMNS.length),
    ...figures.map(figureRow),
    '',
    `load average ${loadBefore.toFixed(1)} before, ${loadAfter.toFixed(1)} after${memory}`,
    ...figures.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`)),
  ];
}

const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);

export function scaleLines(report: ScaleReport): string[] {
  const { lrps, startMs, startCpuMs, figures, residentMiB, highestMiB, loadBefore } = report;
  return [
    row([`${lrps} LRPs`, 'first ms', 'median ms', 'its CPU ms', 'answer MiB']),
    ruler(5),
    row([
      'start of the process until ping answers',
      startMs.toFixed(0),
      '',
      startCpuMs.toFixed(0),
      '',
    ]),
    ...figures.map(({ what, firstMs, medianMs, medianCpuMs, answerBytes }) =>
      row([
        what,
        firstMs.toFixed(1),
        medianMs.toFixed(1),
        medianCpuMs.toFixed(1),
        mebibytes(answerBytes),
      ]),
    ),
    '',
    `RSS ${residentMiB.toFixed(0)} MiB when loaded, ${highestMiB.toFixed(0)} MiB at most`,
    `load average ${loadBefore.toFixed(1)} before`,
  ];
}
