/** What a command works with: the node it talks to, clock, output. */
import { createRealClock } from '../../adapters/clock/real-clock.ts';
import { createSystemRandom } from '../../adapters/random/system-random.ts';
import { type BbsClient, createBbsClient } from '../../clients/bbs-client.ts';
import { createHttpCalls, type HttpCalls } from '../../clients/http-calls.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { Host } from '../host.ts';
import { dataDirOf, type NodeFile, readNodeFile } from '../node-file.ts';
import { CommandFailure, unreachable } from './failure.ts';
import { createOutput, type Output } from './output.ts';

/** Of every command that talks to a node. */
export interface NodeFlags {
  readonly dataDir?: string;
  readonly bbs?: string;
  readonly fileServer?: string;
  readonly json?: boolean;
}

export interface Session {
  readonly host: Host;
  readonly out: Output;
  readonly clock: Clock;
  readonly random: Random;
  readonly node: NodeFile;
  readonly bbs: BbsClient;
  readonly http: HttpCalls;
  /** Stops waiting, and what follows something, when the user presses Ctrl-C. */
  readonly isInterrupted: () => boolean;
  onInterrupt(listener: () => void): void;
  sleep(ms: number): Promise<void>;
}

export const CLI_LIMITS = {
  callTimeoutMs: 10_000,
  answerBytes: 64 * 1024 * 1024,
  /** Between two looks at something that is waited for. */
  pollMs: 200,
} as const;

export const START_ADVICE =
  'the node is not running: start it with `npm start`, or name another with --data-dir or --bbs';

/** Without a file, as a node is when nobody configured it; the status port cannot be asked. */
const unknownNode = (bbs: string): NodeFile => ({
  pid: 0,
  bbs_url: bbs,
  router_url: 'http://localhost:8080',
  status_url: '',
  status_user: '',
  status_password: '',
  file_server_url: 'http://127.0.0.1:8083',
  nats_url: '',
  domain: 'localhost',
});

function findNode(host: Host, flags: NodeFlags): NodeFile {
  const dataDir = dataDirOf(flags.dataDir, host.environment);
  const found = readNodeFile(dataDir);
  if (!found.ok && flags.bbs === undefined) throw unreachable(found.problem, START_ADVICE);
  const node = found.ok ? found.node : unknownNode(flags.bbs ?? '');
  if (node.bbs_url === '' && flags.bbs === undefined) {
    throw unreachable('this node runs no BBS, so no apps', 'name the BBS of another with --bbs');
  }
  return {
    ...node,
    bbs_url: flags.bbs ?? node.bbs_url,
    file_server_url: (flags.fileServer ?? node.file_server_url).replace(/\/+$/, ''),
  };
}

/** As shells count a process that a signal ended. */
const INTERRUPTED = 130;

/** Ctrl-C wakes whatever sleeps. */
function createInterrupt(host: Host, clock: Clock) {
  let isInterrupted = false;
  const listeners = new Set<() => void>();
  host.onSignal('SIGINT', () => {
    // The second time it is meant: nothing is waited for any more.
    if (isInterrupted) host.exit(INTERRUPTED);
    isInterrupted = true;
    for (const listener of [...listeners]) listener();
  });
  return {
    isInterrupted: () => isInterrupted,
    onInterrupt: (listener: () => void) => {
      listeners.add(listener);
    },
    sleep: (ms: number) =>
      new Promise<void>((resolve) => {
        if (isInterrupted) {
          resolve();
          return;
        }
        const wake = (): void => {
          listeners.delete(wake);
          clock.clearTimeout(timer);
          resolve();
        };
        const timer = clock.setTimeout(wake, ms);
        listeners.add(wake);
      }),
  };
}

/** Throws a CommandFailure when it is not known where the node is. */
function openSession(host: Host, flags: NodeFlags, out: Output): Session {
  const node = findNode(host, flags);
  const clock = createRealClock();
  const timeoutMs = CLI_LIMITS.callTimeoutMs;
  return {
    host,
    out,
    clock,
    random: createSystemRandom(),
    node,
    bbs: createBbsClient({ clock, url: node.bbs_url, tls: undefined, timeoutMs }),
    http: createHttpCalls({
      clock,
      timeoutMs,
      tls: undefined,
      maxAnswerBytes: CLI_LIMITS.answerBytes,
    }),
    ...createInterrupt(host, clock),
  };
}

/** Runs one command and leaves with its code; a failure is told in one line, with advice. */
export async function runCommand(
  host: Host,
  flags: NodeFlags,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const out = createOutput(host, flags.json === true);
  let session: Session | undefined;
  try {
    session = openSession(host, flags, out);
    await work(session);
    host.exit(0);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    out.warn(error.message);
    if (error.advice !== '') host.writeError(`  ${error.advice}\n`);
    host.exit(error.exit);
  } finally {
    session?.bbs.close();
    session?.http.close();
  }
}
