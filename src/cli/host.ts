/** The process as the command sees it; `main.ts` makes it, tests make their own. */
export interface Host {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly nodeVersion: string;
  readonly isTerminal: boolean;
  readonly pid: number;
  writeOut(text: string): void;
  writeError(text: string): void;
  onSignal(name: 'SIGINT' | 'SIGTERM' | 'SIGUSR1' | 'SIGUSR2', listener: () => void): void;
  /** Runs `fn` after everything that has happened already. */
  defer(fn: () => void): void;
  onFault(listener: (error: unknown) => void): void;
  exit(code: number): void;
}

/** What the shell gets to see. */
export const EXIT = { ok: 0, failed: 1, usage: 2, crashed: 70 } as const;
