/** What kind of app a directory holds, and so how it is built and started. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { STATIC_SERVER_FILE, STATIC_SERVER_SOURCE } from './static-server-source.ts';

export interface ExtraFile {
  readonly name: string;
  readonly content: string;
}

export interface DetectedApp {
  /** For people: `Node`, `Python` … */
  readonly kind: string;
  readonly command: string;
  /** A shell command that fetches what the app needs, run on a cell; undefined: nothing. */
  readonly stage: string | undefined;
  readonly extras: readonly ExtraFile[];
}

export type Detection =
  | { readonly ok: true; readonly app: DetectedApp }
  | { readonly ok: false; readonly problem: string };

/** Above it, what should be a few lines is something else. */
const MAX_TEXT_BYTES = 1024 * 1024;
const PYTHON_PACKAGES = '.python_packages';

/** Undefined: there is no such file. Throws when it cannot be read. */
function textOf(directory: string, name: string): string | undefined {
  const path = join(directory, name);
  if (!existsSync(path)) return undefined;
  if (statSync(path).size > MAX_TEXT_BYTES) throw new Error(`${name} is too large`);
  return readFileSync(path, 'utf8');
}

interface PackageFile {
  readonly start: string | undefined;
  readonly hasDependencies: boolean;
}

function packageOf(directory: string): PackageFile | undefined {
  const text = textOf(directory, 'package.json');
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`package.json: ${(error as Error).message}`);
  }
  const { scripts, dependencies } = (json ?? {}) as {
    readonly scripts?: Readonly<Record<string, unknown>>;
    readonly dependencies?: Readonly<Record<string, unknown>>;
  };
  const start = scripts?.['start'];
  return {
    start: typeof start === 'string' ? start : undefined,
    hasDependencies: Object.keys(dependencies ?? {}).length > 0,
  };
}

function procfileCommand(directory: string): string | undefined {
  const lines = (textOf(directory, 'Procfile') ?? '').split(/\r?\n/);
  for (const line of lines) {
    const command = /^web:\s*(\S.*)$/.exec(line)?.[1];
    if (command !== undefined) return command.trim();
  }
  return undefined;
}

/** What `node_modules` or an installed environment holds already needs no fetching. */
function nodeStage(directory: string, own: PackageFile | undefined): string | undefined {
  const isFetched = existsSync(join(directory, 'node_modules'));
  if (own?.hasDependencies !== true || isFetched) return undefined;
  const isLocked = ['package-lock.json', 'npm-shrinkwrap.json'].some((name) =>
    existsSync(join(directory, name)),
  );
  return `npm ${isLocked ? 'ci' : 'install'} --omit=dev --no-audit --no-fund`;
}

function pythonStage(directory: string): string | undefined {
  const wanted = (textOf(directory, 'requirements.txt') ?? '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  if (wanted.length === 0 || existsSync(join(directory, PYTHON_PACKAGES))) return undefined;
  const flags = '--disable-pip-version-check -r requirements.txt';
  return `python3 -m pip install ${flags} -t ${PYTHON_PACKAGES}`;
}

const withPackages = (command: string): string =>
  `PYTHONPATH=${PYTHON_PACKAGES} PYTHONUNBUFFERED=1 exec ${command}`;

function detectPython(directory: string): DetectedApp | undefined {
  const main = ['app.py', 'main.py'].find((name) => existsSync(join(directory, name)));
  if (main === undefined) return undefined;
  return {
    kind: 'Python',
    command: withPackages(`python3 ${main}`),
    stage: pythonStage(directory),
    extras: [],
  };
}

function detect(directory: string, command: string | undefined): DetectedApp | undefined {
  const own = packageOf(directory);
  const stage = nodeStage(directory, own) ?? pythonStage(directory);
  const plain = (kind: string, given: string) => ({ kind, command: given, stage, extras: [] });
  if (command !== undefined) return plain('the given command', command);
  const web = procfileCommand(directory);
  if (web !== undefined) return plain('Procfile', web);
  if (own?.start !== undefined) return plain('Node', 'npm start');
  const python = detectPython(directory);
  if (python !== undefined) return python;
  if (!existsSync(join(directory, 'index.html'))) return undefined;
  return {
    kind: 'static files',
    command: `exec node ${STATIC_SERVER_FILE}`,
    stage: undefined,
    extras: [{ name: STATIC_SERVER_FILE, content: STATIC_SERVER_SOURCE }],
  };
}

/** `command`: given by the user, it wins over everything that is found. */
export function detectApp(directory: string, command: string | undefined): Detection {
  try {
    const app = detect(directory, command);
    if (app !== undefined) return { ok: true, app };
  } catch (error) {
    return { ok: false, problem: (error as Error).message };
  }
  const problem =
    'it is not clear how to start it: there is no package.json with a start script, ' +
    'no Procfile with a line `web:`, no app.py or main.py, and no index.html';
  return { ok: false, problem };
}
