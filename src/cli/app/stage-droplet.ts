/** Runs a task on a cell that fetches what an app needs, and stores the result as a droplet. */
import { Action, SerialAction, UploadAction } from '../../model/bbs/messages/actions.ts';
import { TaskDefinition } from '../../model/bbs/messages/tasks.ts';
import type { AppAnnotation, DropletReference } from './app-model.ts';
import { downloadOf, ROOT_FS, runOf } from './desired-lrp.ts';
import { failed } from './failure.ts';
import { deleteDroplet, dropletChecksum } from './file-server-calls.ts';
import { runTask } from './run-task.ts';
import type { Session } from './session.ts';

const STAGING_MEMORY_MB = 1024;
const STAGING_DISK_MB = 2048;
const STAGING_TIMEOUT_MS = 900_000;
const GUID_BYTES = 4;

const uploadOf = (from: string, to: string): Action =>
  Action.create({
    upload_action: UploadAction.create({
      artifact: 'droplet',
      from,
      to,
      log_source: 'STG',
      user: 'vcap',
    }),
  });

/** Download, fetch, pack, upload: in one container, one after the other. */
function stagingDefinition(
  source: DropletReference,
  command: string,
  target: string,
  fileServerUrl: string,
  logGuid: string,
): TaskDefinition {
  const pack = `${command} && tar -czf ../droplet.tgz .`;
  const actions = [
    downloadOf(source, fileServerUrl, 'app'),
    runOf(pack, 'app', 'STG'),
    uploadOf('droplet.tgz', `${fileServerUrl}/v1/droplets/${target}`),
  ];
  return TaskDefinition.create({
    root_fs: ROOT_FS,
    action: Action.create({ serial_action: SerialAction.create({ actions }) }),
    memory_mb: STAGING_MEMORY_MB,
    disk_mb: STAGING_DISK_MB,
    log_source: 'STG',
    log_guid: logGuid,
  });
}

/** Resolves with the droplet that has everything in it; the source is deleted. */
export async function stageDroplet(
  session: Session,
  app: string,
  source: DropletReference,
  command: string,
): Promise<AppAnnotation['droplet']> {
  const { out, node, random } = session;
  const taskGuid = `${app}-staging-${random.hex(GUID_BYTES)}`;
  const target = `${app}-${random.hex(2 * GUID_BYTES)}.tgz`;
  out.progress(`Staging ${app} on a cell: ${command}`);
  const definition = stagingDefinition(source, command, target, node.file_server_url, taskGuid);
  const task = await runTask(session, {
    taskGuid,
    definition,
    timeoutMs: STAGING_TIMEOUT_MS,
    onLine: (text) => out.progress(`  ${text}`),
  });
  if (task.failed) throw failed(`staging failed: ${task.failure_reason}`);
  await deleteDroplet(session, source.name);
  const sha256 = await dropletChecksum(session, target);
  if (sha256 === undefined) throw failed('staging ended without a droplet');
  return { name: target, sha256 };
}
