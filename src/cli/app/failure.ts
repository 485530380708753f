/** How a command of the app user ends when it does not end well. */

/** What the shell gets to see; 1 and 2 as everywhere. */
export const APP_EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  timedOut: 4,
  unreachable: 5,
} as const;

export type AppExit = (typeof APP_EXIT)[keyof typeof APP_EXIT];

/** Ends a command: thrown anywhere in it, caught in one place, shown as one line and advice. */
export class CommandFailure extends Error {
  readonly exit: AppExit;
  /** What to do about it; empty: nothing that we know of. */
  readonly advice: string;

  constructor(exit: AppExit, message: string, advice = '') {
    super(message);
    this.exit = exit;
    this.advice = advice;
  }
}

export const failed = (message: string, advice = ''): CommandFailure =>
  new CommandFailure(APP_EXIT.failed, message, advice);

export const wrongUse = (message: string, advice = ''): CommandFailure =>
  new CommandFailure(APP_EXIT.usage, message, advice);

export const notFound = (message: string, advice = ''): CommandFailure =>
  new CommandFailure(APP_EXIT.notFound, message, advice);

export const timedOut = (message: string, advice = ''): CommandFailure =>
  new CommandFailure(APP_EXIT.timedOut, message, advice);

export const unreachable = (message: string, advice: string): CommandFailure =>
  new CommandFailure(APP_EXIT.unreachable, message, advice);
