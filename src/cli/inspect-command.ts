/** `troupe inspect`: where the inspector of the running node is. */
import { EXIT, type Host } from './host.ts';
import { dataDirOf, readNodeFile } from './node-file.ts';

export interface InspectFlags {
  readonly dataDir?: string;
}

/** The first line is the address alone, so that scripts can take it. */
export function inspectCommand(host: Host, flags: InspectFlags): void {
  const found = readNodeFile(dataDirOf(flags.dataDir, host.environment));
  if (!found.ok) {
    host.writeError(
      `troupe: ${found.problem}\n  start the node with \`npm start\`, or name another with` +
        ' --data-dir\n',
    );
    host.exit(EXIT.failed);
    return;
  }
  const { status_url: url, status_user: user, status_password: password } = found.node;
  if (url === '') {
    host.writeError('troupe: this node has no status port, so no inspector\n');
    host.exit(EXIT.failed);
    return;
  }
  host.writeOut(`${url}/inspector/\n  user ${user}  password ${password}\n`);
  host.exit(EXIT.ok);
}
