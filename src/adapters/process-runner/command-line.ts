/** How a process is started: by a shell that sets its limits and then becomes the program. */
import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { ProcessRequest } from '../../ports/process-runner.ts';
import type { ProcessBound } from './process-bound.ts';

const SHELL = '/bin/sh';
/** The limit on processes has another letter in dash than elsewhere. */
const SCRIPT = [
  '[ -z "$0" ] || echo $$ > "$0"',
  '[ -z "$1" ] || ulimit -u "$1" || ulimit -p "$1"',
  '[ -z "$2" ] || ulimit -n "$2"',
].join('; ');

export function commandLine(
  { command, args, maxOpenFiles }: ProcessRequest,
  { groupFile, userLimit }: ProcessBound,
): readonly [string, string[]] {
  const script = `{ ${SCRIPT}; } 2>/dev/null; shift 2; exec "$@"`;
  const files = maxOpenFiles === undefined ? '' : String(maxOpenFiles);
  return [SHELL, ['-c', script, groupFile, userLimit, files, command, ...args]];
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Whether there is such a program; the shell would only say so by its status. */
export function hasProgram({ command, directory, environment }: ProcessRequest): boolean {
  if (command.includes('/')) {
    return isProgram(isAbsolute(command) ? command : join(directory, command));
  }
  const places = (environment['PATH'] ?? '').split(':').filter((place) => place !== '');
  return places.some((place) => isProgram(join(place, command)));
}
