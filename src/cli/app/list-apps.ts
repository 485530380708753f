/** `troupe apps`: every app in one line. */
import type { App } from './app-model.ts';
import { DOMAIN } from './app-model.ts';
import { listInstances } from './bbs-calls.ts';
import { listApps, urlsOf } from './find-app.ts';
import { ageText } from './format.ts';
import { isRunning } from './instance-view.ts';
import { type Cell, coloured } from './output.ts';
import type { Session } from './session.ts';

function stateOf(wanted: number, running: number): Cell {
  if (wanted === 0) return coloured('stopped', 'dim');
  if (running >= wanted) return coloured('running', 'green');
  return running === 0 ? coloured('down', 'red') : coloured('degraded', 'yellow');
}

export async function showApps(session: Session): Promise<void> {
  const { out, clock } = session;
  const apps = await listApps(session);
  const rows = await listInstances(session, { domain: DOMAIN });
  const running = (app: App): number => {
    const guid = app.current.processGuid;
    return rows.filter((row) => row.actual_lrp_key.process_guid === guid && isRunning(row)).length;
  };
  if (out.isJson) {
    out.json(
      apps.map((app) => ({
        ...app.current.annotation,
        name: app.name,
        process_guid: app.current.processGuid,
        wanted: app.current.instances,
        running: running(app),
        urls: urlsOf(app, session),
      })),
    );
    return;
  }
  if (apps.length === 0) {
    out.line('There are no apps yet: `troupe push DIR` makes one.');
    return;
  }
  out.table(
    ['NAME', 'STATE', 'INSTANCES', 'MEMORY', 'VERSION', 'PUSHED', 'URLS'],
    apps.map((app) => {
      const { instances: wanted, annotation } = app.current;
      const age = ageText(clock.wallMs() - annotation.pushed_at);
      return [
        app.name,
        stateOf(wanted, running(app)),
        `${running(app)}/${wanted}`,
        `${annotation.memory_mb} M`,
        app.older.length === 0 ? annotation.version : `${annotation.version} (being replaced)`,
        `${age} ago`,
        urlsOf(app, session).join(', '),
      ];
    }),
  );
}
