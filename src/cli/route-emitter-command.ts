import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { createRealClock } from '../adapters/clock/real-clock.ts';
import { createPinoLog } from '../adapters/log/pino-log.ts';
import { createSystemRandom } from '../adapters/random/system-random.ts';
import {
  type RouteEmitterFileOptions,
  readGoFlags,
  readRouteEmitterConfig,
} from '../config/route-emitter-config.ts';
import { readTlsFiles } from '../config/tls-files.ts';
import { createRouteEmitterNode } from '../node/route-emitter-node.ts';
import type { RouteEmitterOptions } from '../route-emitter/options.ts';
import { EXIT, type Host } from './host.ts';
import { runNode } from './run-node.ts';

type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Undefined: no file is named. */
function readConfigFile(path: string | undefined): Read<string | undefined> {
  if (path === undefined) return { ok: true, value: undefined };
  try {
    return { ok: true, value: readFileSync(path, 'utf8') };
  } catch (error) {
    return { ok: false, problems: [`${path}: ${(error as Error).message}`] };
  }
}

function toSource(source: RouteEmitterFileOptions['source']): Read<RouteEmitterOptions['source']> {
  if (source.type === 'receptor') return { ok: true, value: source };
  if (source.tls === undefined) return { ok: true, value: { ...source, tls: undefined } };
  const result = readTlsFiles(source.tls, (path) => readFileSync(path));
  return result.ok ? { ok: true, value: { ...source, tls: result.files } } : result;
}

/** `troupe route-emitter -config FILE`, or with the flags of 2015. */
export async function routeEmitterCommand(host: Host, words: readonly string[]): Promise<void> {
  const destination = { write: (text: string) => host.writeOut(text) };
  const logFor = (level: RouteEmitterFileOptions['logLevel']) =>
    createPinoLog({ level, source: 'route-emitter', timestamp: 'unix-epoch', destination }).log;
  const fail = (problems: readonly string[], code: number): void => {
    logFor('error').fatal('route-emitter.invalid-configuration', { problems });
    host.exit(code);
  };
  const flags = readGoFlags(words);
  if (flags.problems.length > 0) return fail(flags.problems, EXIT.usage);
  const text = readConfigFile(flags.values.get('config'));
  if (!text.ok) return fail(text.problems, EXIT.failed);
  const result = readRouteEmitterConfig(text.value, flags.values);
  if (!result.ok) return fail(result.problems, EXIT.failed);
  const { nats, logLevel, source: given, ...others } = result.options;
  const source = toSource(given);
  if (!source.ok) return fail(source.problems, EXIT.failed);
  const log = logFor(logLevel);
  for (const warning of result.warnings) log.warn('route-emitter.configuration', { warning });
  const emitter: RouteEmitterOptions = { ...others, source: source.value };
  await runNode(host, {
    name: 'route-emitter',
    system: createRouteEmitterNode(
      { emitter, nats },
      { clock: createRealClock(), random: createSystemRandom(), log },
    ),
    log,
    isDrainedOnTerminate: true,
    onReady: () => log.info('route-emitter.started', { source: given.type }),
    onStopped: () => {},
    onStartupError: (message, advice) => log.fatal(message, { advice }),
    flush: async () => {},
  });
}

/** Its flags have one dash and are Go's, so that they are read here and not by commander. */
export function addRouteEmitterCommand(program: Command, host: Host): void {
  program
    .command('route-emitter')
    .description("run the route-emitter alone: -config FILE, or the original's flags of 2015")
    .helpOption(false)
    .allowUnknownOption()
    .argument('[flags...]', 'as the original takes them: -config FILE, -natsAddresses …')
    .action((words: readonly string[]) => routeEmitterCommand(host, words));
}
