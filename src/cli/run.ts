import { Command, CommanderError } from 'commander';
import { addAppToStart, registerAppCommands } from './app/register.ts';
import { type AuctioneerFlags, auctioneerCommand } from './auctioneer-command.ts';
import { type BbsFlags, bbsCommand } from './bbs-command.ts';
import { cellCommand } from './cell-command.ts';
import { gorouterCommand } from './gorouter-command.ts';
import { EXIT, type Host } from './host.ts';
import { type InspectFlags, inspectCommand } from './inspect-command.ts';
import { type MachinesFlags, machinesCommand } from './machines-command.ts';
import { addRouteEmitterCommand } from './route-emitter-command.ts';
import { type ConfigFlags, loadNodeConfig, reportProblems, startCommand } from './start-command.ts';
import { VERSION } from './version.ts';

const LOCKET_ADDRESS = '127.0.0.1:8891';

/** Go's flags have one dash: `-config` is `--config`. */
const withTwoDashes = (argument: string): string => argument.replace(/^-(?=config(=|$))/, '--');

const collect = (value: string, before: string[]): string[] => [...before, value];

function withConfigFlags(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file (default: troupe.yml when it exists)')
    .option('--set <key=value>', 'one setting, over file and environment', collect, []);
}

function checkConfig(host: Host, flags: ConfigFlags & { check?: boolean; print?: boolean }): void {
  const result = loadNodeConfig(host, flags);
  if (!result.ok) {
    reportProblems(host, result.problems);
    host.exit(EXIT.failed);
    return;
  }
  host.writeOut(flags.print === true ? result.printed : 'the configuration is good\n');
  host.exit(EXIT.ok);
}

function createProgram(host: Host): Command {
  const program = new Command('troupe')
    .description('Cloud Foundry routing and Diego as one program of supervised actors')
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: host.writeOut, writeErr: host.writeError });
  const start = withConfigFlags(program.command('start')).description('run a node');
  addAppToStart<ConfigFlags>(start, host, (flags) => startCommand(host, flags));
  withConfigFlags(program.command('cell'))
    .description('run a cell alone, for a BBS and a Locket elsewhere')
    .action((flags: ConfigFlags) => cellCommand(host, flags));
  withConfigFlags(program.command('config'))
    .description('check the configuration of a node, or print it with all defaults')
    .option('--check', 'say whether it is good (the default)')
    .option('--print', 'print it as YAML')
    .action((flags: ConfigFlags & { check?: boolean; print?: boolean }) =>
      checkConfig(host, flags),
    );
  program
    .command('gorouter')
    .description("run the router alone from gorouter's own configuration file")
    .option('-c <file>', "gorouter's YAML file", '')
    .action((flags: { c: string }) => gorouterCommand(host, flags.c));
  program
    .command('bbs')
    .description("run the BBS alone from the original's own JSON configuration file")
    .requiredOption('--config <file>', "the BBS's JSON file; -config as the original takes it")
    .option('--data-dir <directory>', 'where the store is', './.troupe')
    .option('--etcd <hosts>', 'http://host:port, …: the store of a cluster', '')
    .option('--locket <address>', 'host:port of the presence service; empty: none', LOCKET_ADDRESS)
    .action((flags: BbsFlags) => bbsCommand(host, flags));
  program
    .command('auctioneer')
    .description("run the auctioneer alone from the original's own JSON configuration file")
    .requiredOption('--config <file>', 'its JSON file; -config as the original takes it')
    .action((flags: AuctioneerFlags) => auctioneerCommand(host, flags));
  program
    .command('inspect')
    .description('print where the inspector of the running node is')
    .option('--data-dir <directory>', 'of the node (TROUPE_DATA_DIR, or ./.troupe)')
    .action((flags: InspectFlags) => inspectCommand(host, flags));
  program
    .command('machines [name]')
    .description('list the statecharts, or write them for other tools')
    .option('--mermaid', 'as Mermaid state diagrams')
    .option('--scxml', 'as SCXML')
    .option('--json', "as XState and Stately's editor take it")
    .action((name: string | undefined, flags: MachinesFlags) => machinesCommand(host, name, flags));
  addRouteEmitterCommand(program, host);
  registerAppCommands(program, host);
  return program;
}

/** The `troupe` command. Resolves when the command has ended or the node runs. */
export async function run(host: Host): Promise<void> {
  try {
    await createProgram(host).parseAsync(['node', 'troupe', ...host.argv.map(withTwoDashes)]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    host.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
  }
}
