import { findStartupError } from '../../machines/kernel/failures.ts';
import type { ActorSystem } from '../kernel/actor-system.ts';
import type { Log } from '../ports/log.ts';
import { EXIT, type Host } from './host.ts';

export interface RunOptions {
  /** Of the original program, as its log lines begin. */
  readonly name: 'gorouter' | 'bbs' | 'rep' | 'route-emitter' | 'auctioneer';
  readonly system: ActorSystem;
  readonly log: Log;
  /** What SIGTERM does: the original cuts requests in hand (gorouter.md §7). */
  readonly isDrainedOnTerminate: boolean;
  readonly onReady: () => void;
  /** One line for what cannot be repaired by restarting. */
  readonly onStartupError: (message: string, advice: string) => void;
  /** After an orderly stop. */
  readonly onStopped: () => void;
  /** Everything that must be on disk before the process goes. */
  readonly flush: () => Promise<void>;
}

/** Starts the tree, obeys signals, and leaves with the right code when the tree is gone. */
export async function runNode(host: Host, options: RunOptions): Promise<void> {
  const { system, log } = options;
  let stoppedBy = '';
  let hasFaulted = false;

  const stop = (signal: string, mode: 'drain' | 'fast') => () => {
    if (stoppedBy !== '') {
      log.info(`${options.name}.signal.ignored`, { signal, since: stoppedBy });
      return;
    }
    stoppedBy = signal;
    log.info(`${options.name}.stopping`, { signal, mode });
    system.shutdown(mode);
  };
  host.onSignal('SIGUSR1', stop('SIGUSR1', 'drain'));
  // For hosts on which SIGUSR1 belongs to the debugger (gorouter.md §12 row 19).
  host.onSignal('SIGUSR2', stop('SIGUSR2', 'drain'));
  // The system may hand over two signals in the wrong order: a drain that was asked for wins.
  const stopLater = (signal: 'SIGTERM' | 'SIGINT', mode: 'drain' | 'fast') =>
    host.onSignal(signal, () => host.defer(stop(signal, mode)));
  stopLater('SIGTERM', options.isDrainedOnTerminate ? 'drain' : 'fast');
  stopLater('SIGINT', 'fast');
  host.onFault((error) => {
    hasFaulted = true;
    const stack = error instanceof Error ? error.stack : String(error);
    log.fatal('uncaught-error', { error: stack });
    stop('fault', 'drain')();
  });

  system.start();
  void system.ready.then(options.onReady);
  const failure = await system.ended;
  const startup = findStartupError(failure);
  if (startup !== undefined) options.onStartupError(startup.message, startup.advice);
  else if (failure !== undefined) {
    log.fatal('node-failed', { error: failure instanceof Error ? failure.message : failure });
  }
  log.info(`${options.name}.exited`);
  await options.flush();
  if (failure === undefined && !hasFaulted) options.onStopped();
  if (startup !== undefined) host.exit(EXIT.failed);
  else host.exit(failure !== undefined || hasFaulted ? EXIT.crashed : EXIT.ok);
}
