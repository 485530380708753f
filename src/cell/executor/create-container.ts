/** Makes a container, and removes it with all that is left of it. */
import { chmod, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runDownload } from './actions/download.ts';
import { type StepResult, type StepScope, SUCCEEDED } from './actions/step.ts';
import type { PortMap, RunRequest } from './executor.ts';
import { EXECUTOR_LIMITS } from './options.ts';
import type { ExecutorContext, Workspace } from './workspace.ts';

export type Creation =
  | { readonly ok: true; readonly ports: readonly PortMap[] }
  | { readonly ok: false; readonly reason: string; readonly isRetryable: boolean };

const SOURCE = 'CELL';

async function fetchDependencies(request: RunRequest, scope: StepScope): Promise<StepResult> {
  const results = await Promise.all(
    request.cachedDependencies.map((own) => runDownload({ ...own, artifact: own.name }, scope)),
  );
  return results.find(({ ok }) => !ok) ?? SUCCEEDED;
}

/** Directories, ports and what is to be there before anything runs. Never rejects. */
export async function createContainer(request: RunRequest, scope: StepScope): Promise<Creation> {
  const { context, workspace } = scope;
  const { appLog, paths } = workspace;
  const failed = (reason: string, isRetryable: boolean): Creation => {
    appLog?.write(SOURCE, `Failed to create container: ${reason}`, 'err');
    return { ok: false, reason, isRetryable };
  };
  appLog?.write(SOURCE, 'Creating container');
  if (request.containerPorts.length > EXECUTOR_LIMITS.ports) {
    return failed(`more than ${EXECUTOR_LIMITS.ports} ports`, false);
  }
  try {
    await mkdir(paths.home, { recursive: true });
    await mkdir(paths.temporary, { recursive: true });
  } catch (error) {
    return failed(`the directory cannot be made: ${(error as Error).message}`, true);
  }
  const ports = await context.hostPorts.take(request.containerPorts);
  if (ports === undefined) return failed('insufficient resources: ports', true);
  workspace.ports = ports;
  const fetched = await fetchDependencies(request, scope);
  if (!fetched.ok) return failed(fetched.reason, false);
  appLog?.write(SOURCE, 'Successfully created container');
  return { ok: true, ports };
}

const OWNER_ALL = 0o700;

/** So that what is in it can be removed, whatever its owner forbade. */
async function unlock(directory: string): Promise<void> {
  const waiting = [directory];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory() !== true) continue;
    await chmod(path, OWNER_ALL).catch(() => {});
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) if (entry.isDirectory()) waiting.push(join(path, entry.name));
  }
}

/** Undefined: it is gone; else why it is not. */
export async function removeDirectory(directory: string): Promise<string | undefined> {
  const remove = () => rm(directory, { recursive: true, force: true, maxRetries: 3 });
  try {
    await remove();
    return undefined;
  } catch {
    await unlock(directory);
  }
  return await remove().then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/** When no process of it is left. */
export async function discardContainer(
  { hostPorts, ports: { log, processes } }: ExecutorContext,
  workspace: Workspace,
): Promise<void> {
  const { paths, ports, allocation } = workspace;
  const problem = await removeDirectory(paths.root);
  if (problem !== undefined) {
    log.error('executor.directory-left', { guid: allocation.guid, error: problem });
  }
  processes.release(workspace.mark);
  hostPorts.give(ports);
  workspace.ports = [];
  workspace.appLog?.close();
}
