/** One instance in words: its state, and what it waits for (diego.md §3.4). Pure. */
import type { ActualLRP } from '../../model/bbs/messages/actual-lrp.ts';
import { PRESENCE } from '../../model/bbs/messages/actual-lrp.ts';
import { isRestartDue } from '../../model/bbs/restart-policy.ts';
import type { Colour } from './output.ts';

const SECOND = 1_000_000_000n;
/** All pauses that there are before a restart, in seconds. */
const PAUSES_S = [0n, 30n, 60n, 120n, 240n, 480n, 960n];

/** Seconds until the next pass may start it again; undefined: it never will. */
export function restartInSeconds(row: ActualLRP, now: bigint): number | undefined {
  const pause = PAUSES_S.find((seconds) => isRestartDue(row, row.since + seconds * SECOND));
  if (pause === undefined) return undefined;
  const left = row.since + pause * SECOND - now;
  return left <= 0n ? 0 : Number((left + SECOND - 1n) / SECOND);
}

const isEvacuating = ({ presence }: ActualLRP): boolean => presence === PRESENCE.EVACUATING;

export const isRunning = (row: ActualLRP): boolean => row.state === 'RUNNING' && !isEvacuating(row);

export interface InstanceWords {
  readonly state: string;
  readonly colour: Colour | undefined;
  readonly detail: string;
}

const STATES: Readonly<Record<string, readonly [string, Colour | undefined]>> = {
  UNCLAIMED: ['waiting', 'yellow'],
  CLAIMED: ['starting', 'yellow'],
  RUNNING: ['running', 'green'],
  CRASHED: ['crashed', 'red'],
};

function backOffText(row: ActualLRP, now: bigint): string {
  const seconds = restartInSeconds(row, now);
  if (seconds === undefined) return 'is not restarted any more; push it again';
  return seconds === 0 ? 'restarts now' : `restarts in about ${seconds} s`;
}

function detailOf(row: ActualLRP, now: bigint): string {
  const parts: string[] = [];
  if (row.state === 'UNCLAIMED') {
    parts.push(row.placement_error === '' ? 'looks for a cell' : row.placement_error);
  }
  if (row.state === 'CRASHED') parts.push(backOffText(row, now));
  if (row.crash_reason !== '') parts.push(row.crash_reason);
  return parts.join(': ');
}

/** `now`: nanoseconds since 1970. */
export function instanceWords(row: ActualLRP, now: bigint): InstanceWords {
  const [state, colour] = STATES[row.state] ?? [row.state.toLowerCase(), undefined];
  const isLeaving = isEvacuating(row);
  return {
    state: isLeaving ? 'evacuating' : state,
    colour: isLeaving ? 'yellow' : colour,
    detail: detailOf(row, now),
  };
}
