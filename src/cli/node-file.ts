/** Where a running node tells the command line how to reach it: DATA_DIR/node.json. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface NodeFile {
  readonly pid: number;
  readonly bbs_url: string;
  readonly router_url: string;
  readonly status_url: string;
  readonly status_user: string;
  readonly status_password: string;
  readonly file_server_url: string;
  readonly nats_url: string;
  /** Apps are NAME.domain. */
  readonly domain: string;
}

export type NodeFileResult =
  | { readonly ok: true; readonly node: NodeFile }
  /** `isMissing`: no node was started with this directory, or it has ended. */
  | { readonly ok: false; readonly isMissing: boolean; readonly problem: string };

const FILE_NAME = 'node.json';
/** Far above what is in it. */
const MAX_CHARACTERS = 65_536;

export const nodeFilePath = (dataDir: string): string => join(dataDir, FILE_NAME);

/** From the flag, the environment, or `.troupe` in the current directory. */
export const dataDirOf = (
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string => flag ?? environment['TROUPE_DATA_DIR'] ?? './.troupe';

/**
 * Writes the file in one step, readable by its owner alone: it holds the password of the status
 * port. Throws when the directory cannot be written.
 */
export function writeNodeFile(dataDir: string, node: NodeFile): void {
  mkdirSync(dataDir, { recursive: true });
  const path = nodeFilePath(dataDir);
  const temporary = `${path}.${node.pid}`;
  // Left by a node of the same number that was killed just here: its mode is not to be trusted.
  rmSync(temporary, { force: true });
  writeFileSync(temporary, `${JSON.stringify(node, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, path);
}

/** At the end of a node. One that was started since then keeps its file. */
export function removeNodeFile(dataDir: string, pid: number): void {
  const result = readNodeFile(dataDir);
  if (result.ok && result.node.pid === pid) rmSync(nodeFilePath(dataDir), { force: true });
}

const TEXTS = [
  'bbs_url',
  'router_url',
  'status_url',
  'status_user',
  'status_password',
  'file_server_url',
  'nats_url',
  'domain',
] as const;

function problemOf(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null) return 'it is no JSON object';
  const values = json as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(values['pid'])) return 'pid is no number';
  const wrong = TEXTS.find((key) => typeof values[key] !== 'string');
  return wrong === undefined ? undefined : `${wrong} is no text`;
}

export function readNodeFile(dataDir: string): NodeFileResult {
  const path = nodeFilePath(dataDir);
  const fail = (problem: string, isMissing = false): NodeFileResult => ({
    ok: false,
    isMissing,
    problem: `${path}: ${problem}`,
  });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return fail(code === 'ENOENT' ? 'there is no such file' : message, code === 'ENOENT');
  }
  if (text.length > MAX_CHARACTERS) return fail('it is too large');
  try {
    const json: unknown = JSON.parse(text);
    const problem = problemOf(json);
    return problem === undefined ? { ok: true, node: json as NodeFile } : fail(problem);
  } catch (error) {
    return fail((error as Error).message);
  }
}
