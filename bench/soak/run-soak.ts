/** Whether a router that runs for long keeps its memory, descriptors and timers. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Child } from '../../test/node/support/child.ts';
import { NODE_COMMAND } from '../../test/node/support/troupe-node.ts';
import { World } from '../../test/node/support/world.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly print: (line: string) => void;
}

interface Sample {
  readonly minutes: number;
  readonly residentMiB: number;
  readonly descriptors: number;
}

export interface SoakReport {
  readonly minutes: number;
  readonly samples: readonly Sample[];
  /** MiB per hour over the second half. */
  readonly slope: number;
  readonly baseline: Sample;
  /** After the load has ended. */
  readonly rested: Sample;
  readonly load: Readonly<Record<string, number>>;
}

const SAMPLE_MS = 10_000;
const REST_MS = 15_000;

function sample(pid: number, startMs: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN);
  return {
    minutes: (performance.now() - startMs) / 60_000,
    residentMiB: kib / 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** Least squares: MiB per hour. */
function slopeOf(samples: readonly Sample[]): number {
  const n = samples.length;
  const mean = (of: (own: Sample) => number): number =>
    samples.reduce((sum, own) => sum + of(own), 0) / n;
  const x = mean(({ minutes }) => minutes);
  const y = mean(({ residentMiB }) => residentMiB);
  let above = 0;
  let below = 0;
  for (const { minutes, residentMiB } of samples) {
    above += (minutes - x) * (residentMiB - y);
    below += (minutes - x) ** 2;
  }
  return (above / below) * 60;
}

export async function runSoak({ minutes, print }: SoakOptions): Promise<SoakReport> {
  const world = new World();
  try {
    const node = await world.startNode({
      'router.engine': 'wire',
      'router.droplet_stale_threshold': '60s',
      'router.frontend_idle_timeout': '5s',
      'router.idle_connection_timeout': '5s',
    });
    const startMs = performance.now();
    const { pid } = node.child;
    await setTimeout(2000);
    const baseline = sample(pid, startMs);
    const words = [join(import.meta.dirname, 'soak-load.ts'), `${node.ports.router}`, node.natsUrl];
    const load = new Child(NODE_COMMAND, words);
    world.onEnd(() => load.kill());
    await load.printed('soaking');
    const samples: Sample[] = [];
    while (performance.now() - startMs < minutes * 60_000) {
      await setTimeout(SAMPLE_MS);
      const own = sample(pid, startMs);
      samples.push(own);
      print(
        `${own.minutes.toFixed(1)} min  ${own.residentMiB.toFixed(0)} MiB  ` +
          `${own.descriptors} descriptors`,
      );
    }
    load.signal('SIGTERM');
    await load.exited;
    await setTimeout(REST_MS);
    const lines = load.text.trim().split('\n');
    return {
      minutes,
      samples,
      slope: slopeOf(samples.slice(Math.floor(samples.length / 2))),
      baseline,
      rested: sample(pid, startMs),
      load: JSON.parse(lines.at(-1) ?? '{}') as Record<string, number>,
    };
  } finally {
    await world.end();
  }
}

export function soakLines({
  minutes,
  slope,
  baseline,
  rested,
  samples,
  load,
}: SoakReport): string[] {
  const last = samples.at(-1);
  return [
    `${minutes} minutes: ${JSON.stringify(load)}`,
    `resident: ${baseline.residentMiB.toFixed(0)} MiB idle, ` +
      `${last?.residentMiB.toFixed(0)} MiB at the end, ` +
      `slope of the second half ${slope.toFixed(1)} MiB/h`,
    `descriptors: ${baseline.descriptors} idle, ${last?.descriptors} at the end of the load, ` +
      `${rested.descriptors} afterwards`,
  ];
}
