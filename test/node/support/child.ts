import { type ChildProcess, spawn } from 'node:child_process';
import { endWithThisProcess } from '../../golden/child-processes.ts';
import { waitUntil } from '../../golden/pause.ts';

export interface ChildOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Standard output goes to this open file instead of `text`. */
  readonly outputFile?: number;
}

/** Output kept for the message of a failed test. */
const KEPT_CHARACTERS = 200_000;

/** A spawned process of which the test knows the output and the end. */
export class Child {
  /** The exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  readonly #process: ChildProcess;
  #text = '';

  constructor(command: string, words: readonly string[], options: ChildOptions = {}) {
    const child = spawn(command, words, {
      stdio: ['ignore', options.outputFile ?? 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.environment },
    });
    endWithThisProcess(child);
    this.#process = child;
    const keep = (chunk: Buffer) => {
      this.#text = `${this.#text}${chunk.toString()}`.slice(-KEPT_CHARACTERS);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#text += String(error);
        resolve(127);
      });
      child.once('close', (code) => resolve(code));
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get text(): string {
    return this.#text;
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Waits for a text in the output that comes after the first `after` characters. */
  async printed(wanted: string, timeoutMs = 10_000, after = 0): Promise<void> {
    const isThere = () => this.#text.indexOf(wanted, after) >= 0 || this.hasEnded;
    await waitUntil(isThere, timeoutMs);
    if (this.#text.indexOf(wanted, after) >= 0) return;
    const end = this.hasEnded ? 'it ended' : `not within ${timeoutMs} ms`;
    throw new Error(`no '${wanted}' (${end}) in the output:\n${this.#text}`);
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  async kill(): Promise<void> {
    if (!this.hasEnded) {
      this.#process.kill('SIGKILL');
      // A stopped process has to go on in order to die on some systems.
      this.#process.kill('SIGCONT');
    }
    await this.exited;
  }
}
