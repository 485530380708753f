/** `troupe task run NAME|DIR -- COMMAND`: once, to its end, and then it is gone. */
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Action, SerialAction } from '../../model/bbs/messages/actions.ts';
import type { EnvironmentVariable } from '../../model/bbs/messages/common.ts';
import { TaskDefinition } from '../../model/bbs/messages/tasks.ts';
import { appNameFrom, type DropletReference } from './app-model.ts';
import { DISK_MB, downloadOf, environmentOf, ROOT_FS, runOf } from './desired-lrp.ts';
import { detectApp } from './detect-app.ts';
import { failed, notFound, wrongUse } from './failure.ts';
import { deleteDroplet } from './file-server-calls.ts';
import { findApp } from './find-app.ts';
import { makeDroplet, parseMemory, parseTimeout } from './push.ts';
import { runTask, type TaskRun } from './run-task.ts';
import type { NodeFlags, Session } from './session.ts';

export interface TaskFlags extends NodeFlags {
  readonly memory?: string;
  readonly timeout?: string;
}

const DEFAULT_MEMORY_MB = 256;
const DEFAULT_TIMEOUT_MS = 3_600_000;
const GUID_BYTES = 4;
const LOG_SOURCE = 'TASK';

interface Source {
  readonly name: string;
  readonly droplet: DropletReference;
  readonly environment: readonly EnvironmentVariable[];
  /** Made for this task alone. */
  readonly isOwn: boolean;
}

async function sourceOf(session: Session, target: string): Promise<Source> {
  const app = target.includes('/') || target === '.' ? undefined : await findApp(session, target);
  if (app !== undefined) {
    const { annotation, processGuid } = app.current;
    const environment = environmentOf(annotation, processGuid);
    return { name: app.name, droplet: annotation.droplet, environment, isOwn: false };
  }
  const directory = resolve(target);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const advice = '`troupe apps` lists the apps; a directory can be named as well';
    throw notFound(`there is no app and no directory ${target}`, advice);
  }
  const name = appNameFrom(basename(directory)) ?? 'task';
  // How it would be started does not matter; what it needs does.
  const detection = detectApp(directory, 'true');
  if (!detection.ok) throw failed(`${directory}: ${detection.problem}`);
  // A name of its own, so that no app's droplet is in the way.
  const own = `${name.slice(0, 40)}-task-${session.random.hex(GUID_BYTES)}`;
  const droplet = await makeDroplet(session, directory, own, detection.app);
  return { name, droplet, environment: [], isOwn: true };
}

/** One argument is a line for the shell; several are words, each kept as it is. */
export function shellCommand(words: readonly string[]): string {
  const [only = ''] = words;
  if (words.length === 1) return only;
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
}

export async function taskRun(
  session: Session,
  target: string,
  words: readonly string[],
  flags: TaskFlags,
): Promise<void> {
  const { out, node, random } = session;
  if (words.length === 0) throw wrongUse('a command is wanted: troupe task run NAME -- COMMAND');
  const memory_mb = flags.memory === undefined ? DEFAULT_MEMORY_MB : parseMemory(flags.memory);
  const timeoutMs = flags.timeout === undefined ? DEFAULT_TIMEOUT_MS : parseTimeout(flags.timeout);
  const source = await sourceOf(session, target);
  const taskGuid = `${source.name}-task-${random.hex(GUID_BYTES)}`;
  const actions = [
    downloadOf(source.droplet, node.file_server_url, '.'),
    runOf(shellCommand(words), '.', LOG_SOURCE),
  ];
  const definition = TaskDefinition.create({
    root_fs: ROOT_FS,
    environment_variables: [...source.environment],
    action: Action.create({ serial_action: SerialAction.create({ actions }) }),
    memory_mb,
    disk_mb: DISK_MB,
    log_source: 'CELL',
    log_guid: taskGuid,
  });
  out.progress(`Running ${taskGuid}`);
  // Its own words alone go where a pipe takes them from.
  const onLine: TaskRun['onLine'] = (text, { source: from, stream }) => {
    if (out.isJson || stream === 'err' || from !== LOG_SOURCE) out.progress(text);
    else out.line(text);
  };
  try {
    const task = await runTask(session, { taskGuid, definition, timeoutMs, onLine });
    const { failed: isFailed, failure_reason, result, cell_id } = task;
    if (out.isJson) {
      out.json({ task_guid: taskGuid, cell_id, failed: isFailed, failure_reason, result });
    }
    if (isFailed) throw failed(`the task failed: ${failure_reason}`);
  } finally {
    if (source.isOwn) await deleteDroplet(session, source.droplet.name);
  }
}
