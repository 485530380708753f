import { Child } from '../../test/node/support/child.ts';

export const BENCH_HOST = 'bench.localhost';
export const CONNECTIONS = 64;

export interface WrkResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were not 2xx or 3xx, and socket errors. */
  readonly errors: number;
}

const UNITS_MS: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1000, m: 60_000 };

function latencyMs(text: string, percent: string): number {
  const [, number = '', unit = ''] =
    new RegExp(`${percent}%\\s+([0-9.]+)(us|ms|s|m)`).exec(text) ?? [];
  return Number(number) * (UNITS_MS[unit] ?? Number.NaN);
}

function errorsIn(text: string): number {
  const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0);
  const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  return (socket ?? []).slice(1).reduce((sum, count) => sum + Number(count), bad);
}

/** Keep-alive GETs as fast as they are answered. */
export async function runWrk(port: number, seconds: number): Promise<WrkResult> {
  const wrk = new Child('wrk', [
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${seconds}s`,
    '--latency',
    '-H',
    `Host: ${BENCH_HOST}`,
    `http://127.0.0.1:${port}/`,
  ]);
  const code = await wrk.exited;
  const requests = Number(/(\d+) requests in/.exec(wrk.text)?.[1] ?? 0);
  if (code !== 0 || requests === 0) throw new Error(`wrk: ${wrk.text}`);
  return {
    requests,
    requestsPerSecond: Number(/Requests\/sec:\s+([0-9.]+)/.exec(wrk.text)?.[1] ?? 0),
    p50Ms: latencyMs(wrk.text, '50'),
    p99Ms: latencyMs(wrk.text, '99'),
    errors: errorsIn(wrk.text),
  };
}
