/** The commands of the app user, as they stand on the command line. */
import type { Command } from 'commander';
import type { Host } from '../host.ts';
import { type EvacuateFlags, evacuate, showCells } from './cells.ts';
import { deleteApp, restart, scale, start, stop, type WaitFlags } from './change-app.ts';
import { completionScript, SHELLS, type Shell } from './completion.ts';
import { APP_EXIT } from './failure.ts';
import { showApps } from './list-apps.ts';
import { type PushFlags, push } from './push.ts';
import { type NodeFlags, runCommand, type Session } from './session.ts';
import { showApp } from './show-app.ts';
import { type EventFlags, showEvents } from './show-events.ts';
import { type LogFlags, showLogs } from './show-logs.ts';
import { showRoutes } from './show-routes.ts';
import { type TaskFlags, taskRun } from './task.ts';
import { type TopFlags, top } from './top.ts';

const collect = (value: string, before: string[]): string[] => [...before, value];

/** Flags of every command that talks to a node. */
const withNode = (command: Command): Command =>
  command
    .option('--data-dir <directory>', 'of the node (TROUPE_DATA_DIR, or ./.troupe)')
    .option('--bbs <url>', 'of the BBS, when not the one of that node')
    .option('--file-server <url>', 'of the file server, when not the one of that node')
    .option('--json', 'for programs: JSON in place of tables');

const withTimeout = (command: Command): Command =>
  command.option('--timeout <time>', 'to wait for instances: 90s, 5m');

interface Tools {
  readonly program: Command;
  run<T extends NodeFlags>(flags: T, work: (session: Session) => Promise<void>): Promise<void>;
}

function registerPush({ program, run }: Tools): void {
  withTimeout(withNode(program.command('push <directory>')))
    .description('run the app in a directory, or replace the one that runs')
    .option('--name <name>', 'of the app (default: of the directory)')
    .option('--command <command>', 'that starts it (default: found out)')
    .option('-i, --instances <number>', 'how many')
    .option('-m, --memory <size>', 'of each instance: 256M, 1G')
    .option('--health-check <type>', 'port, process, http or http:/path')
    .option('--route <host>', 'host name beside NAME.localhost; may be repeated', collect, [])
    .action((directory: string, flags: PushFlags) =>
      run(flags, (session) => push(session, directory, flags)),
    );
}

function registerChanges({ program, run }: Tools): void {
  withTimeout(withNode(program.command('scale <name> <instances>')))
    .description('set the number of instances')
    .action((name: string, count: string, flags: WaitFlags) =>
      run(flags, (session) => scale(session, name, count, flags)),
    );
  withTimeout(withNode(program.command('restart <name>')))
    .description('one instance at a time, without a failed request')
    .action((name: string, flags: WaitFlags) =>
      run(flags, (session) => restart(session, name, flags)),
    );
  withNode(program.command('stop <name>'))
    .description('stop all instances')
    .action((name: string, flags: NodeFlags) => run(flags, (session) => stop(session, name)));
  withNode(program.command('delete <name>'))
    .description('delete an app with all it has')
    .action((name: string, flags: NodeFlags) => run(flags, (session) => deleteApp(session, name)));
}

function registerViews({ program, run }: Tools): void {
  withNode(program.command('apps'))
    .description('list the apps')
    .action((flags: NodeFlags) => run(flags, showApps));
  withNode(program.command('app <name>'))
    .description('show an app with its instances')
    .action((name: string, flags: NodeFlags) => run(flags, (session) => showApp(session, name)));
  withNode(program.command('logs <name>'))
    .description('show what an app wrote')
    .option('-f, --follow', 'and what it writes, until Ctrl-C')
    .action((name: string, flags: LogFlags) =>
      run(flags, (session) => showLogs(session, name, flags)),
    );
  withNode(program.command('events'))
    .description('show what is wanted and what runs')
    .option('-f, --follow', 'and every change of it, until Ctrl-C')
    .action((flags: EventFlags) => run(flags, (session) => showEvents(session, flags)));
  withNode(program.command('routes'))
    .description('list the routes of the router')
    .action((flags: NodeFlags) => run(flags, showRoutes));
  withNode(program.command('top'))
    .description('show what uses how much')
    .option('--once', 'one look only')
    .action((flags: TopFlags) => run(flags, (session) => top(session, flags)));
}

function registerCells({ program, run }: Tools): void {
  withNode(program.command('cells'))
    .description('list the cells')
    .action((flags: NodeFlags) => run(flags, showCells));
  withNode(program.command('evacuate <cell>'))
    .description('move everything off a cell')
    .option('--timeout <time>', 'to wait until it is empty: 10m')
    .action((cell: string, flags: EvacuateFlags) =>
      run(flags, (session) => evacuate(session, cell, flags)),
    );
}

function registerTask({ program, run }: Tools): void {
  const task = program.command('task').description('commands that run once');
  withNode(task.command('run <target> [command...]'))
    .description('run a command with the files of an app or a directory, and wait for its end')
    .option('-m, --memory <size>', '256M, 1G')
    .option('--timeout <time>', 'after which it is cancelled: 1h')
    .action((target: string, command: string[], flags: TaskFlags) =>
      run(flags, (session) => taskRun(session, target, command, flags)),
    );
}

function registerCompletion(host: Host, program: Command): void {
  program
    .command('completion <shell>')
    .description(`print a script for ${SHELLS.join(', ')}`)
    .action((shell: string) => {
      if (SHELLS.includes(shell as Shell)) {
        host.writeOut(completionScript(shell as Shell, program));
        host.exit(APP_EXIT.ok);
        return;
      }
      host.writeError(`troupe: ${shell}: one of ${SHELLS.join(', ')} is wanted\n`);
      host.exit(APP_EXIT.usage);
    });
}

/** Of `troupe start NAME`; a node would not look at them. */
const APP_FLAGS = ['dataDir', 'bbs', 'fileServer', 'json', 'timeout'] as const;

/**
 * `troupe start` starts a node, `troupe start NAME` a stopped app: gives the node's command the
 * argument, the flags of the app commands, and an action that tells both apart.
 */
export function addAppToStart<T>(
  command: Command,
  host: Host,
  startNode: (flags: T) => Promise<void>,
): void {
  withTimeout(withNode(command.argument('[name]', 'of a stopped app: starts it'))).action(
    async (name: string | undefined, flags: T & WaitFlags) => {
      const stray = APP_FLAGS.find((flag) => flags[flag] !== undefined);
      if (name === undefined && stray !== undefined) {
        host.writeError('troupe: --data-dir, --bbs, --file-server, --json and --timeout ');
        host.writeError('go with the name of an app; a node takes --set data_dir=DIR\n');
        host.exit(APP_EXIT.usage);
      } else if (name === undefined) await startNode(flags);
      else await runCommand(host, flags, (session) => start(session, name, flags));
    },
  );
}

/** Adds push, apps, app, scale and the others to the program. */
export function registerAppCommands(program: Command, host: Host): void {
  const tools: Tools = {
    program,
    run: (flags, work) => runCommand(host, flags, work),
  };
  registerPush(tools);
  registerViews(tools);
  registerChanges(tools);
  registerCells(tools);
  registerTask(tools);
  registerCompletion(host, program);
}
