/** Requests at a steady rate, whatever becomes of them: what a router must not drop. */
import { Agent, request } from 'node:http';

export interface LoadFigures {
  readonly sent: number;
  readonly failed: number;
  readonly faults: readonly string[];
  /** Answers by the instance that gave them, as their text tells. */
  readonly byInstance: ReadonlyMap<string, number>;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly host: string;
  readonly perSecond: number;
}

const KEPT_FAULTS = 10;
const TICK_MS = 10;
const TIMEOUT_MS = 20_000;

/** Runs until `stop`, which resolves when the last answer is there. */
export function startLoad({ port, host, perSecond }: LoadOptions): {
  stop(): Promise<LoadFigures>;
} {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const latencies: number[] = [];
  const faults: string[] = [];
  const byInstance = new Map<string, number>();
  const startedMs = performance.now();
  let sent = 0;
  let open = 0;
  let failed = 0;
  let isStopping = false;
  let onIdle = (): void => {};

  function ended(fault: string | undefined, sentMs: number): void {
    open -= 1;
    if (fault === undefined) latencies.push(performance.now() - sentMs);
    else {
      failed += 1;
      if (faults.length < KEPT_FAULTS) {
        faults.push(`after ${Math.round(sentMs - startedMs)} ms: ${fault}`);
      }
    }
    if (isStopping && open === 0) onIdle();
  }

  function send(): void {
    const sentMs = performance.now();
    sent += 1;
    open += 1;
    const outgoing = request({ port, agent, host: '127.0.0.1', path: '/', headers: { host } });
    outgoing.setTimeout(TIMEOUT_MS, () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', (error) => ended(error.message, sentMs));
    outgoing.on('response', (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      answer.on('error', () => {});
      answer.on('close', () => {
        const status = answer.statusCode ?? 0;
        const routerError = answer.headers['x-cf-routererror'] ?? '';
        if (!answer.complete) ended('the answer was cut off', sentMs);
        else if (status !== 200) ended(`${status} ${routerError}`, sentMs);
        else {
          const instance = /instance (\d+)/.exec(text)?.[1] ?? '?';
          byInstance.set(instance, (byInstance.get(instance) ?? 0) + 1);
          ended(undefined, sentMs);
        }
      });
    });
    outgoing.end();
  }

  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedMs) / 1000) * perSecond);
    while (sent < due) send();
  }, TICK_MS);

  return {
    async stop() {
      clearInterval(timer);
      isStopping = true;
      if (open > 0) {
        await new Promise<void>((resolve) => {
          onIdle = resolve;
        });
      }
      agent.destroy();
      const sorted = latencies.toSorted((a, b) => a - b);
      const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
      return { sent, failed, faults, byInstance, p50Ms: at(0.5), p99Ms: at(0.99) };
    },
  };
}
