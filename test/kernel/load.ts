import { Agent, get } from 'node:http';
import { BODY } from './running-node.ts';

export interface Failure {
  readonly sentAtMs: number;
  readonly failedAtMs: number;
  /** `ECONNRESET`, `status 502`, `wrong body`. */
  readonly what: string;
}

export interface SteadyLoad {
  readonly answered: number;
  readonly failures: readonly Failure[];
  stop(): Promise<void>;
}

/** One request at a time each. */
export const CLIENTS = 4;
/** So that a closed port is not asked thousands of times. */
const PAUSE_AFTER_FAILURE_MS = 2;

function send(port: number, host: string, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, agent, headers: { host } }, (reply) => {
      let body = '';
      reply.setEncoding('utf8');
      reply.on('data', (text: string) => {
        body += text;
      });
      reply.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'cut'));
      reply.on('end', () => {
        if (reply.statusCode !== 200) resolve(`status ${reply.statusCode}`);
        else resolve(body === BODY ? '' : 'wrong body');
      });
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** Requests without a pause, on connections that are kept, until it is stopped. */
export function startSteadyLoad(port: number, host: string): SteadyLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const failures: Failure[] = [];
  let answered = 0;
  let isStopped = false;
  const client = async (): Promise<void> => {
    while (!isStopped) {
      const sentAtMs = performance.now();
      const what = await send(port, host, agent);
      answered += 1;
      if (what === '') continue;
      failures.push({ sentAtMs, failedAtMs: performance.now(), what });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_AFTER_FAILURE_MS));
    }
  };
  const running = Array.from({ length: CLIENTS }, client);
  return {
    get answered() {
      return answered;
    },
    failures,
    async stop() {
      isStopped = true;
      await Promise.all(running);
      agent.destroy();
    },
  };
}
