import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endWithThisProcess } from './child-processes.ts';
import type { RouterLogLine } from './recorded-case.ts';

/**
 * The seam between the replay and the router that it tests. The replay chooses ports, writes
 * the configuration in gorouter's own YAML and hands over a directory; the implementation
 * brings a router up with it.
 */
interface RouterPorts {
  readonly port: number;
  readonly statusPort: number;
  readonly sslPort: number;
}

export interface RouterFiles {
  /** Where configuration, templates and logs of this one router are. */
  readonly directory: string;
  /** The `access_log.file` that the configuration names. */
  readonly accessLog: string;
  /** The ports that the configuration names. */
  readonly ports: RouterPorts;
}

export interface RunningRouter {
  readonly ports: RouterPorts;
  /** Ends the router at once and resolves when it is gone. */
  stop(): Promise<void>;
  signal(name: 'USR1' | 'TERM' | 'INT'): void;
  /** The exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** The router's own log so far, from level info. */
  logLines(): readonly RouterLogLine[];
  accessLogLines(): readonly string[];
  /** What it printed that was no log line, for the message of a failed start. */
  otherOutput(): string;
}

export interface RouterUnderTest {
  /** Resolves when the router has been started, not when it is ready: it may also exit. */
  start(configYaml: string, files: RouterFiles): Promise<RunningRouter>;
}

const levelNames: Readonly<Record<string, string>> = {
  '0': 'debug',
  '1': 'info',
  '2': 'warn',
  '3': 'error',
  '6': 'fatal',
};

/** One line of gorouter's log (gorouter.md §7), or undefined when the line is something else. */
function parseLogLine(line: string): RouterLogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const parsed = JSON.parse(line) as Record<string, unknown>;
    const level = String(parsed['log_level']);
    const message = String(parsed['message']);
    return { level: levelNames[level] ?? level, message, data: parsed['data'] ?? {} };
  } catch {
    return undefined;
  }
}

/** Reads the lines that another process appends to a file; never waits. */
class GrowingFile {
  readonly #path: string;
  readonly #lines: string[] = [];
  #offset = 0;
  #rest = '';

  constructor(path: string) {
    this.#path = path;
  }

  lines(): readonly string[] {
    const chunk = Buffer.alloc(65_536);
    let descriptor: number;
    try {
      descriptor = openSync(this.#path, 'r');
    } catch {
      return this.#lines;
    }
    for (;;) {
      const length = readSync(descriptor, chunk, 0, chunk.length, this.#offset);
      if (length === 0) break;
      this.#offset += length;
      const pieces = (this.#rest + chunk.toString('latin1', 0, length)).split('\n');
      this.#rest = pieces.pop() ?? '';
      this.#lines.push(...pieces);
    }
    closeSync(descriptor);
    return this.#lines;
  }
}

class RouterProcess implements RunningRouter {
  readonly ports: RouterPorts;
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #accessLog: GrowingFile;
  readonly #log: RouterLogLine[] = [];
  #rest = '';
  #other = '';

  constructor(child: ChildProcess, files: RouterFiles) {
    this.#child = child;
    this.ports = files.ports;
    this.#accessLog = new GrowingFile(files.accessLog);
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#other += String(error);
        resolve(127);
      });
      child.once('close', (code) => resolve(code));
    });
    child.stdout?.on('data', (chunk: Buffer) => this.#take(chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => this.#keepOther(chunk.toString()));
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const parsed = parseLogLine(line);
      if (parsed === undefined) this.#keepOther(`${line}\n`);
      else if (parsed.level !== 'debug') this.#log.push(parsed);
    }
  }

  #keepOther(text: string): void {
    this.#other = `${this.#other}${text}`.slice(-4000);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
    }
    await this.exited;
  }

  signal(name: 'USR1' | 'TERM' | 'INT'): void {
    this.#child.kill(`SIG${name}`);
  }

  logLines(): readonly RouterLogLine[] {
    return this.#log;
  }

  accessLogLines(): readonly string[] {
    return this.#accessLog.lines();
  }

  otherOutput(): string {
    return this.#other;
  }
}

const projectDirectory = join(import.meta.dirname, '..', '..');

/**
 * GOLDEN_ROUTER names another command, for example a real gorouter: `-c FILE` is added to it.
 * Not with --disable-sigusr1: that flag blocks the signal in all threads, so that a listener for
 * it is never called and USR1 cannot drain (seen on Node 24.21). A listener alone is enough.
 */
function routerCommand(): readonly string[] {
  const named = process.env['GOLDEN_ROUTER'];
  if (named !== undefined && named !== '') return named.split(' ');
  const node = join(projectDirectory, 'node_modules', '.bin', 'node');
  return [node, join(projectDirectory, 'src', 'main.ts'), 'gorouter'];
}

/** Every router is a process of its own, as an operator would run it. */
export class SpawnedRouter implements RouterUnderTest {
  readonly #command: readonly string[];

  constructor(command: readonly string[] = routerCommand()) {
    this.#command = command;
  }

  async start(configYaml: string, files: RouterFiles): Promise<RunningRouter> {
    const configFile = join(files.directory, 'gorouter.yml');
    writeFileSync(configFile, configYaml);
    const [program = '', ...words] = this.#command;
    const child = spawn(program, [...words, '-c', configFile], {
      cwd: files.directory,
      env: { ...process.env, TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endWithThisProcess(child);
    return new RouterProcess(child, files);
  }
}
