/** The process as a command sees it, in this process: what it writes, signals, how it leaves. */
import type { Host } from '../../src/cli/host.ts';

type Signal = Parameters<Host['onSignal']>[0];

export interface FakeHost {
  readonly host: Host;
  /** Its exit code. */
  readonly exited: Promise<number>;
  /** For what goes wrong before the command can leave by itself. */
  fail(error: unknown): void;
  out(): string;
  err(): string;
  raise(signal: Signal): void;
}

export function fakeHost(
  given: Partial<Pick<Host, 'argv' | 'environment' | 'isTerminal'>> = {},
): FakeHost {
  const out: string[] = [];
  const err: string[] = [];
  const listeners: { readonly signal: Signal; readonly listener: () => void }[] = [];
  const exited = Promise.withResolvers<number>();
  const host: Host = {
    argv: [],
    environment: {},
    nodeVersion: process.version,
    isTerminal: false,
    pid: process.pid,
    writeOut: (text) => void out.push(text),
    writeError: (text) => void err.push(text),
    onSignal: (signal, listener) => void listeners.push({ signal, listener }),
    defer: (fn) => void setImmediate(fn),
    onFault: () => {},
    exit: exited.resolve,
    ...given,
  };
  return {
    host,
    exited: exited.promise,
    fail: exited.reject,
    out: () => out.join(''),
    err: () => err.join(''),
    raise: (signal) => {
      for (const one of listeners) if (one.signal === signal) one.listener();
    },
  };
}
