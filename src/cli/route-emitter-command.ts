import type { Command } from 'commander';
import {
  type RouteEmitterFileOptions,
  readGoFlags,
  readRouteEmitterConfig,
} from '../config/route-emitter-config.ts';
import { createRouteEmitterNode } from '../node/route-emitter-node.ts';
import type { RouteEmitterOptions } from '../route-emitter/options.ts';
import { EXIT, type Host } from './host.ts';
import {
  accepted,
  ConfigurationError,
  readConfigFile,
  runOriginal,
  tlsFilesOf,
} from './original-program.ts';

const toSource = (
  source: RouteEmitterFileOptions['source'],
  problems: string[],
): RouteEmitterOptions['source'] =>
  source.type === 'receptor' ? source : { ...source, tls: tlsFilesOf(source.tls, problems) };

/** `troupe route-emitter -config FILE`, or with the flags of 2015. */
export async function routeEmitterCommand(host: Host, words: readonly string[]): Promise<void> {
  await runOriginal(host, { name: 'route-emitter', timestamp: 'unix-epoch' }, (problems) => {
    const flags = readGoFlags(words);
    if (flags.problems.length > 0) throw new ConfigurationError(flags.problems, EXIT.usage);
    const path = flags.values.get('config');
    const text = path === undefined ? undefined : readConfigFile(path);
    const { options, warnings } = accepted(readRouteEmitterConfig(text, flags.values));
    const { nats, logLevel, source, ...others } = options;
    const emitter: RouteEmitterOptions = { ...others, source: toSource(source, problems) };
    return {
      logLevel,
      warnings,
      started: { source: source.type },
      createSystem: (ports) => createRouteEmitterNode({ emitter, nats }, ports),
    };
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
