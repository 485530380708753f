/** The view of one index that the deprecated group API shows (diego.md §3.11). */
import type { ActualLRP } from './messages/actual-lrp.ts';

interface Rows {
  readonly ordinary: ActualLRP | undefined;
  readonly evacuating: ActualLRP | undefined;
  readonly suspect: ActualLRP | undefined;
}

interface Group {
  readonly instance: ActualLRP | undefined;
  readonly evacuating: ActualLRP | undefined;
}

/** A suspect that ran, or was about to, stands for an index that does not run again yet. */
function instanceOf({ ordinary, suspect }: Rows): ActualLRP | undefined {
  if (ordinary === undefined || suspect === undefined) return ordinary ?? suspect;
  if (ordinary.state === 'RUNNING') return ordinary;
  return suspect.state === 'RUNNING' || suspect.state === 'CLAIMED' ? suspect : ordinary;
}

export const groupOf = (rows: Rows): Group => ({
  instance: instanceOf(rows),
  evacuating: rows.evacuating,
});

/** The one row that stands for the group. */
export function resolvedOf({ instance, evacuating }: Group): ActualLRP | undefined {
  if (instance === undefined || evacuating === undefined) return instance ?? evacuating;
  return instance.state === 'RUNNING' || instance.state === 'CRASHED' ? instance : evacuating;
}
