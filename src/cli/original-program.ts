/** Runs one component alone, in the place of the original program, from the original's own file. */
import { readFileSync } from 'node:fs';
import { createRealClock } from '../adapters/clock/real-clock.ts';
import { createPinoLog } from '../adapters/log/pino-log.ts';
import { createSystemRandom } from '../adapters/random/system-random.ts';
import type { OriginalConfigResult } from '../config/original-file.ts';
import { readTlsFiles, type TlsFiles, type TlsPaths } from '../config/tls-files.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, LogLevel } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { EXIT, type Host } from './host.ts';
import { type RunOptions, runNode } from './run-node.ts';

/** What is wrong with a configuration: told in one line of the log, with an exit code. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];
  readonly exitCode: number;

  constructor(problems: readonly string[], exitCode: number = EXIT.failed) {
    super(problems.join('; '));
    this.problems = problems;
    this.exitCode = exitCode;
  }
}

/** @throws ConfigurationError when the file cannot be read */
export function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError([`${path}: ${(error as Error).message}`]);
  }
}

/** @throws ConfigurationError with every problem of the file */
export function accepted<Options>(
  result: OriginalConfigResult<Options>,
): Extract<OriginalConfigResult<Options>, { ok: true }> {
  if (!result.ok) throw new ConfigurationError(result.problems);
  return result;
}

/** Undefined with the reason in `problems`: so that what is wrong elsewhere is told, too. */
export function tlsFilesOf(paths: TlsPaths | undefined, problems: string[]): TlsFiles | undefined {
  if (paths === undefined) return undefined;
  const result = readTlsFiles(paths, (path) => readFileSync(path));
  if (result.ok) return result.files;
  problems.push(...result.problems);
  return undefined;
}

export interface Program {
  readonly logLevel: LogLevel;
  readonly warnings: readonly string[];
  /** Fields of the line that says that it runs. */
  readonly started: Readonly<Record<string, unknown>>;
  readonly createSystem: (ports: {
    clock: Clock;
    random: Random;
    log: Log;
  }) => RunOptions['system'];
}

/**
 * `configure` reads files. It throws a ConfigurationError where it cannot go on, and otherwise
 * adds to `problems`; nothing has been started by then.
 */
export async function runOriginal(
  host: Host,
  as: { readonly name: RunOptions['name']; readonly timestamp: 'rfc3339' | 'unix-epoch' },
  configure: (problems: string[]) => Program,
): Promise<void> {
  const { name, timestamp } = as;
  const destination = { write: (text: string) => host.writeOut(text) };
  const logFor = (level: LogLevel) =>
    createPinoLog({ level, source: name, timestamp, destination }).log;
  let program: Program;
  try {
    const problems: string[] = [];
    program = configure(problems);
    if (problems.length > 0) throw new ConfigurationError(problems);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    logFor('error').fatal(`${name}.invalid-configuration`, { problems: error.problems });
    host.exit(error.exitCode);
    return;
  }
  const log = logFor(program.logLevel);
  for (const warning of program.warnings) log.warn(`${name}.configuration`, { warning });
  await runNode(host, {
    name,
    system: program.createSystem({ clock: createRealClock(), random: createSystemRandom(), log }),
    log,
    isDrainedOnTerminate: true,
    onReady: () => log.info(`${name}.started`, program.started),
    onStopped: () => {},
    onStartupError: (message, advice) => log.fatal(message, { advice }),
    flush: async () => {},
  });
}
