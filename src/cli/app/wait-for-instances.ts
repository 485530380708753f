/** Waits until instances run, or are gone, and says meanwhile how far it is. */
import type { ActualLRP } from '../../model/bbs/messages/actual-lrp.ts';
import { listInstances } from './bbs-calls.ts';
import { failed, timedOut } from './failure.ts';
import { isRunning } from './instance-view.ts';
import { CLI_LIMITS, type Session } from './session.ts';

/** A cell may be about to come; after that nobody waits for one. */
const PLACEMENT_PATIENCE_MS = 10_000;

export interface Wanted {
  readonly app: string;
  readonly processGuid: string;
  readonly instances: number;
  readonly timeoutMs: number;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function progressText(rows: readonly ActualLRP[], wanted: number): string {
  const running = rows.filter(isRunning).length;
  const count = (state: string) => rows.filter((row) => row.state === state).length;
  const crashes = rows.reduce((sum, row) => sum + row.crash_count, 0);
  const [unplaced] = rows.filter(({ placement_error }) => placement_error !== '');
  const others = [
    [count('CLAIMED'), `${count('CLAIMED')} starting`],
    [count('UNCLAIMED'), `${count('UNCLAIMED')} waiting for a cell`],
    [crashes, plural(crashes, 'crash').replace('crashs', 'crashes')],
  ] as const;
  const parts = others.filter(([number]) => number > 0).map(([, text]) => text);
  const error = unplaced === undefined ? '' : ` (${unplaced.placement_error})`;
  return [`${running}/${wanted} running`, ...parts].join(', ') + error;
}

export const interrupted = (): Error =>
  failed('interrupted', 'what was asked for goes on without this command; `troupe apps` shows it');

/** The first instance that nobody should wait for. */
function hopeless(rows: readonly ActualLRP[]): ActualLRP | undefined {
  return rows.find(({ state }) => state === 'CRASHED');
}

/** Resolves with the running instances. Throws when one crashes again and again, or in time. */
export async function untilRunning(
  session: Session,
  { app, processGuid, instances, timeoutMs }: Wanted,
): Promise<readonly ActualLRP[]> {
  const { clock, out } = session;
  const endMs = clock.nowMs() + timeoutMs;
  let shown = '';
  let unplacedSinceMs: number | undefined;
  for (;;) {
    const all = await listInstances(session, { process_guid: processGuid });
    const rows = all.filter(({ actual_lrp_key: { index } }) => index < instances);
    const text = progressText(rows, instances);
    if (text !== shown && instances > 0) out.progress(`  ${text}`);
    shown = text;
    const running = rows.filter(isRunning);
    if (running.length >= instances) return running;
    const crashed = hopeless(rows);
    if (crashed !== undefined) {
      const { index } = crashed.actual_lrp_key;
      throw failed(
        `instance ${index} of ${app} crashes: ${crashed.crash_reason}`,
        `look at \`troupe logs ${app}\` and \`troupe app ${app}\``,
      );
    }
    const unplaced = rows.find(({ placement_error }) => placement_error !== '');
    unplacedSinceMs = unplaced === undefined ? undefined : (unplacedSinceMs ?? clock.nowMs());
    if (unplaced !== undefined && clock.nowMs() - (unplacedSinceMs ?? 0) > PLACEMENT_PATIENCE_MS) {
      throw failed(
        `there is no place for ${app}: ${unplaced.placement_error}`,
        '`troupe cells` shows what is free; less memory (-m) or fewer instances may fit',
      );
    }
    if (clock.nowMs() >= endMs) {
      throw timedOut(
        `${app} is not up after ${timeoutMs / 1000} s: ${text}`,
        `it goes on starting; look at \`troupe app ${app}\``,
      );
    }
    if (session.isInterrupted()) throw interrupted();
    await session.sleep(CLI_LIMITS.pollMs);
  }
}

/** Resolves when at most `instances` are left; true: in time. */
export async function untilGone(
  session: Session,
  processGuid: string,
  instances: number,
  timeoutMs: number,
): Promise<boolean> {
  const endMs = session.clock.nowMs() + timeoutMs;
  for (;;) {
    const rows = await listInstances(session, { process_guid: processGuid });
    if (rows.length <= instances) return true;
    if (session.clock.nowMs() >= endMs) return false;
    if (session.isInterrupted()) throw interrupted();
    await session.sleep(CLI_LIMITS.pollMs);
  }
}
