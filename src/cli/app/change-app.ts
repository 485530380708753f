/** scale, stop, start, restart and delete: what changes an app that is there. */
import { type App, type AppAnnotation, type AppVersion, versionsOf } from './app-model.ts';
import { removeLrp, updateLrp } from './bbs-calls.ts';
import { notFound, timedOut } from './failure.ts';
import { deleteDroplet } from './file-server-calls.ts';
import { demandApp } from './find-app.ts';
import { parseInstances, parseTimeout, START_WAIT_MS } from './push.ts';
import { rollOver } from './roll-over.ts';
import type { NodeFlags, Session } from './session.ts';
import { untilGone, untilRunning } from './wait-for-instances.ts';

export interface WaitFlags extends NodeFlags {
  readonly timeout?: string;
}

/** Instances are killed after 10 s by their cell. */
const STOP_TIMEOUT_MS = 60_000;

const timeoutOf = ({ timeout }: WaitFlags): number =>
  timeout === undefined ? START_WAIT_MS : parseTimeout(timeout);

async function setInstances(
  session: Session,
  { processGuid, annotation }: AppVersion,
  instances: number,
  remembered: number,
): Promise<void> {
  const changed: AppAnnotation = { ...annotation, instances: remembered };
  const update = { instances, annotation: JSON.stringify(changed) };
  if (await updateLrp(session, processGuid, update)) return;
  throw notFound(`${annotation.app} was deleted or replaced meanwhile`);
}

function done(session: Session, name: string, instances: number, text: string): void {
  const { out } = session;
  if (out.isJson) out.json({ app: name, instances });
  else out.line(text);
}

async function demandGone(session: Session, app: App, instances: number): Promise<void> {
  session.out.progress(`Stopping instances of ${app.name}`);
  for (const { processGuid } of versionsOf(app)) {
    if (await untilGone(session, processGuid, instances, STOP_TIMEOUT_MS)) continue;
    const advice = `their cell may be gone; look at \`troupe app ${app.name}\``;
    throw timedOut(`instances of ${app.name} do not stop`, advice);
  }
}

/** To a number above 0 the current version alone is brought; 0 takes all away. */
async function bringTo(
  session: Session,
  app: App,
  instances: number,
  timeoutMs: number,
): Promise<void> {
  const { current, name } = app;
  const { processGuid } = current;
  const remembered = instances === 0 ? current.annotation.instances : instances;
  await setInstances(session, current, instances, remembered);
  if (instances === 0) {
    for (const older of app.older) await removeLrp(session, older.processGuid);
    await demandGone(session, app, 0);
    return;
  }
  const isGrowing = instances > current.instances;
  if (isGrowing) session.out.progress(`Starting instances of ${name}`);
  await untilRunning(session, { app: name, processGuid, instances, timeoutMs });
  if (!isGrowing) await demandGone(session, { ...app, older: [] }, instances);
}

/** `troupe scale NAME N` */
export async function scale(
  session: Session,
  name: string,
  count: string,
  flags: WaitFlags,
): Promise<void> {
  const instances = parseInstances(count);
  const app = await demandApp(session, name);
  await bringTo(session, app, instances, timeoutOf(flags));
  done(session, name, instances, `${name} has ${instances} instance(s)`);
}

/** `troupe stop NAME` */
export async function stop(session: Session, name: string): Promise<void> {
  const app = await demandApp(session, name);
  if (app.current.instances > 0) await bringTo(session, app, 0, STOP_TIMEOUT_MS);
  done(session, name, 0, `${name} is stopped; \`troupe start ${name}\` brings it back`);
}

/** `troupe start NAME`: with as many instances as it had. */
export async function start(session: Session, name: string, flags: WaitFlags): Promise<void> {
  const app = await demandApp(session, name);
  const instances = app.current.instances || Math.max(1, app.current.annotation.instances);
  await bringTo(session, app, instances, timeoutOf(flags));
  done(session, name, instances, `${name} runs with ${instances} instance(s)`);
}

/** `troupe restart NAME`: the same droplet as a new version, one instance at a time. */
export async function restart(session: Session, name: string, flags: WaitFlags): Promise<void> {
  const app = await demandApp(session, name);
  const { annotation, instances: current } = app.current;
  const instances = current || Math.max(1, annotation.instances);
  session.out.progress(`Restarting ${name}, one instance at a time`);
  await rollOver(session, {
    annotation: { ...annotation, instances, version: annotation.version + 1 },
    instances,
    older: versionsOf(app),
    timeoutMs: timeoutOf(flags),
    surge: 1,
  });
  done(session, name, instances, `${name} was restarted`);
}

/** `troupe delete NAME`: all versions, instances and droplets. */
export async function deleteApp(session: Session, name: string): Promise<void> {
  const app = await demandApp(session, name);
  const versions = versionsOf(app);
  for (const { processGuid } of versions) await removeLrp(session, processGuid);
  await demandGone(session, app, 0);
  const droplets = new Set(versions.map(({ annotation: { droplet } }) => droplet.name));
  for (const droplet of droplets) await deleteDroplet(session, droplet);
  done(session, name, 0, `${name} is deleted`);
}
