/** Apps by name. */
import { type App, appsOf } from './app-model.ts';
import { listSchedulingInfos } from './bbs-calls.ts';
import { notFound } from './failure.ts';
import type { Session } from './session.ts';

export const listApps = async (session: Session): Promise<readonly App[]> =>
  appsOf(await listSchedulingInfos(session));

export async function findApp(session: Session, name: string): Promise<App | undefined> {
  return (await listApps(session)).find((app) => app.name === name);
}

/** Throws when there is none. */
export async function demandApp(session: Session, name: string): Promise<App> {
  const app = await findApp(session, name);
  if (app !== undefined) return app;
  throw notFound(`there is no app ${name}`, '`troupe apps` lists those that there are');
}

/** Where people reach an app through the router. */
export function urlsOf({ current }: App, { node }: Session): readonly string[] {
  const router = URL.parse(node.router_url);
  const port = router === null || router.port === '' ? '' : `:${router.port}`;
  const scheme = router?.protocol ?? 'http:';
  return current.annotation.routes.map((hostname) => `${scheme}//${hostname}${port}`);
}
