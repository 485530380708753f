/**
 * A start that cannot succeed until a person changes something: a port in use, a server that is
 * not there, a bad file. Restarting would not help, so supervisors pass it up at once.
 */
export class StartupError extends Error {
  override readonly name = 'StartupError';
  /** What to do about it, as one line for the person at the terminal. */
  readonly advice: string;

  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.advice = advice;
  }
}

/** A supervisor gave up: `cause` is the crash that was one too many. */
export class EscalationError extends Error {
  override readonly name = 'EscalationError';

  constructor(supervisor: string, child: string, cause: unknown) {
    super(`${supervisor} gave up on ${child}`, { cause });
  }
}

/** The first StartupError in a chain of causes. */
export function findStartupError(error: unknown): StartupError | undefined {
  let current = error;
  for (let depth = 0; depth < 20 && current instanceof Error; depth += 1) {
    if (current instanceof StartupError) return current;
    current = current.cause;
  }
  return undefined;
}
