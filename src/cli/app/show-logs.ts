/** `troupe logs NAME [-f]`: what the instances of an app wrote. */
import { demandApp } from './find-app.ts';
import { withoutControls } from './output.ts';
import { followLogs, type LogLine, recentLogs } from './read-logs.ts';
import type { NodeFlags, Session } from './session.ts';

export interface LogFlags extends NodeFlags {
  readonly follow?: boolean;
}

/** `14:03:07.120 [APP/1] text`; errors are marked, in words and in red. */
function lineText(line: LogLine, paint: Session['out']['paint']): string {
  const time = new Date(line.wallMs).toISOString().slice(11, 23);
  const source = `[${withoutControls(line.source)}/${line.index}]`;
  const isError = line.stream === 'err';
  const mark = isError ? 'ERR' : 'OUT';
  const colour = isError ? 'red' : 'dim';
  return `${paint(`${time} ${source} ${mark}`, colour)} ${withoutControls(line.text)}`;
}

export async function showLogs(session: Session, name: string, flags: LogFlags): Promise<void> {
  const { out } = session;
  await demandApp(session, name);
  const show = (line: LogLine): void => {
    if (out.isJson) out.jsonLine(line);
    else out.line(lineText(line, out.paint));
  };
  if (flags.follow === true) {
    await followLogs(session, name, show).ended;
    return;
  }
  for (const line of await recentLogs(session, name)) show(line);
}
