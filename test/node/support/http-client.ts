import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One GET; rejects when the connection fails. */
export function ask(
  port: number,
  host: string,
  path = '/',
  headers: Readonly<Record<string, string>> = {},
  agent: Agent | false = false,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, headers: { ...headers, host }, agent },
      (reply) => {
        let body = '';
        reply.setEncoding('utf8');
        reply.on('data', (text: string) => {
          body += text;
        });
        reply.on('end', () =>
          resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body }),
        );
        reply.on('error', reject);
        reply.on('aborted', () => reject(new Error('the answer was cut short')));
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

export interface LoadReport {
  readonly requests: number;
  /** What was not a 200, in words, with its count. */
  readonly failures: ReadonlyMap<string, number>;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

export interface Load {
  readonly requests: number;
  stop(): Promise<LoadReport>;
}

const share = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

/**
 * Clients on keep-alive connections, each with one request at a time and a pause after it, until
 * they are stopped.
 */
export function startLoad(port: number, host: string, clients: number, pauseMs: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const latenciesMs: number[] = [];
  const failures = new Map<string, number>();
  let isStopped = false;
  const fail = (text: string) => failures.set(text, (failures.get(text) ?? 0) + 1);
  const client = async () => {
    while (!isStopped) {
      const startMs = performance.now();
      try {
        const { status, headers } = await ask(port, host, '/', {}, agent);
        if (status !== 200) fail(`${status} ${headers['x-cf-routererror'] ?? ''}`);
      } catch (error) {
        fail((error as Error).message);
      }
      latenciesMs.push(performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const running = Array.from({ length: clients }, client);
  return {
    get requests() {
      return latenciesMs.length;
    },
    async stop() {
      isStopped = true;
      await Promise.all(running);
      agent.destroy();
      const sorted = latenciesMs.toSorted((left, right) => left - right);
      return {
        requests: sorted.length,
        failures,
        p50Ms: share(sorted, 0.5),
        p99Ms: share(sorted, 0.99),
        longestMs: sorted.at(-1) ?? 0,
      };
    },
  };
}
