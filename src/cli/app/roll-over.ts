/**
 * Puts a new version in the place of the ones before without a moment of fewer instances: new ones
 * first run and are routed, then old ones go, one at a time.
 */
import type { AppAnnotation, AppVersion } from './app-model.ts';
import { desireLrp, removeLrp, updateLrp } from './bbs-calls.ts';
import { desiredLrpOf } from './desired-lrp.ts';
import { CommandFailure } from './failure.ts';
import { deleteDroplet } from './file-server-calls.ts';
import { untilRouted } from './router-calls.ts';
import type { Session } from './session.ts';
import { untilGone, untilRunning } from './wait-for-instances.ts';

const GUID_BYTES = 4;
/** An instance that does not stop by itself is killed after 10 s by its cell. */
const STOP_TIMEOUT_MS = 30_000;

export interface RollOver {
  readonly annotation: AppAnnotation;
  /** That are to run at the end. */
  readonly instances: number;
  readonly older: readonly AppVersion[];
  readonly timeoutMs: number;
  /** New instances that may run beside the old ones; the rest follows as those go. */
  readonly surge: number;
}

/** Takes away `count` instances of the versions before, the oldest version first. */
async function shrink(session: Session, left: Map<string, number>, count: number): Promise<void> {
  for (let removed = 0; removed < count; removed += 1) {
    const next = [...left].find(([, instances]) => instances > 0);
    if (next === undefined) return;
    const [processGuid, instances] = next;
    left.set(processGuid, instances - 1);
    await updateLrp(session, processGuid, { instances: instances - 1 });
    await untilGone(session, processGuid, instances - 1, STOP_TIMEOUT_MS);
  }
}

/** So many new instances run, and the router knows them. */
async function reach(
  session: Session,
  processGuid: string,
  { annotation, timeoutMs }: RollOver,
  instances: number,
): Promise<void> {
  const wanted = { app: annotation.app, processGuid, instances, timeoutMs };
  const running = await untilRunning(session, wanted);
  await untilRouted(session, annotation.routes, running);
}

async function removeOlder(session: Session, roll: RollOver): Promise<void> {
  const { older, annotation } = roll;
  for (const { processGuid } of older) await removeLrp(session, processGuid);
  const kept = annotation.droplet.name;
  const names = new Set(older.map(({ annotation: { droplet } }) => droplet.name));
  for (const name of names) {
    if (name !== kept) await deleteDroplet(session, name);
  }
}

async function grow(session: Session, processGuid: string, roll: RollOver): Promise<void> {
  const { instances, older, surge } = roll;
  // The oldest first, so that what a broken deployment left goes before what serves now.
  const left = new Map(older.toReversed().map((own) => [own.processGuid, own.instances]));
  const oldInstances = () => [...left.values()].reduce((sum, own) => sum + own, 0);
  for (let running = 0; running < instances; ) {
    const target = oldInstances() === 0 ? instances : Math.min(instances, running + surge);
    // The first ones were asked for when the version was made.
    if (running > 0) await updateLrp(session, processGuid, { instances: target });
    await reach(session, processGuid, roll, target);
    await shrink(session, left, Math.max(0, oldInstances() - (instances - target)));
    running = target;
  }
  await shrink(session, left, oldInstances());
}

/**
 * Resolves with the new process guid. When the new version does not come up, and there is one
 * before it, the new one is removed and the other runs on as before.
 */
export async function rollOver(session: Session, roll: RollOver): Promise<string> {
  const { annotation, older, instances, surge } = roll;
  const { app } = annotation;
  const processGuid = `${app}-${session.random.hex(GUID_BYTES)}`;
  const isReplacing = older.some((own) => own.instances > 0);
  const first = isReplacing ? Math.min(instances, surge) : instances;
  const { file_server_url } = session.node;
  await desireLrp(session, desiredLrpOf(annotation, processGuid, first, file_server_url));
  try {
    await grow(session, processGuid, roll);
  } catch (error) {
    const mustYield = isReplacing && error instanceof CommandFailure;
    if (!mustYield) throw error;
    await putBack(session, processGuid, older);
    throw new CommandFailure(
      error.exit,
      `${error.message}; the version before runs on`,
      error.advice,
    );
  }
  await removeOlder(session, roll);
  return processGuid;
}

/** The old version gets all its instances again before the new one goes. */
async function putBack(
  session: Session,
  processGuid: string,
  older: readonly AppVersion[],
): Promise<void> {
  for (const own of older) {
    await updateLrp(session, own.processGuid, { instances: own.instances });
  }
  await removeLrp(session, processGuid);
}
