/**
 * What a supervisor has to do, told again in the plainest way: one list of children, one list of
 * alarms, no state machine. Where it and the machine disagree, one of them is wrong.
 */
import type { RestartType, Strategy } from '../../machines/kernel/restart-policy.ts';

export interface ModelChild {
  readonly restart: RestartType;
  /** It says that it is ready only when told to. */
  readonly isLate: boolean;
  /** It does not answer to SHUTDOWN. */
  readonly isStubborn: boolean;
}

export interface ModelSpec {
  readonly strategy: Strategy;
  readonly maxRestarts: number;
  readonly children: readonly ModelChild[];
}

export const MODEL_TIMES = {
  periodMs: 1000,
  minMs: 10,
  maxMs: 80,
  resetAfterMs: 600,
  shutdownMs: 500,
} as const;

/** Odd enough that no other alarm falls on the same moment. */
export const readyTimeoutMs = (index: number): number => 300.123 + index / 1000;

interface Child {
  status: 'waiting' | 'starting' | 'ready' | 'backoff' | 'stopping' | 'ended';
  starts: number;
  failures: number;
  startedAtMs: number;
  dueAtMs: number;
}

interface Alarm {
  readonly atMs: number;
  readonly ring: () => void;
}

const isAlive = ({ status }: Child): boolean =>
  status === 'starting' || status === 'ready' || status === 'stopping';

export class SupervisorOracle {
  readonly journal: string[] = [];
  end: 'none' | 'stopped' | 'failed' = 'none';
  #nowMs = 0;
  #isStopping = false;
  #restartTimesMs: number[] = [];
  #alarms: Alarm[] = [];
  readonly #spec: ModelSpec;
  readonly #children: Child[];

  constructor(spec: ModelSpec) {
    this.#spec = spec;
    this.#children = spec.children.map(() => ({
      status: 'waiting',
      starts: 0,
      failures: 0,
      startedAtMs: 0,
      dueAtMs: 0,
    }));
    this.#startWhatMay();
  }

  get statuses(): string[] {
    return this.#children.map(({ status }) => status);
  }

  crash(index: number): void {
    this.#leave(index, true);
  }

  finish(index: number): void {
    this.#leave(index, false);
  }

  makeReady(index: number): void {
    const child = this.#children[index];
    if (child?.status !== 'starting' || this.#isStopping) return;
    child.status = 'ready';
    this.#startWhatMay();
  }

  shutdown(): void {
    if (this.end !== 'none' || this.#isStopping) return;
    this.#isStopping = true;
    this.#stopLast();
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = this.#alarms.filter(({ atMs }) => atMs <= untilMs);
      const next = due.sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#alarms = this.#alarms.filter((alarm) => alarm !== next);
      this.#nowMs = next.atMs;
      if (this.end === 'none') next.ring();
    }
    this.#nowMs = untilMs;
  }

  #write(sign: '+' | '-', index: number): void {
    this.journal.push(`${sign}${index}@${this.#nowMs.toFixed(3)}`);
  }

  #startWhatMay(): void {
    this.#spec.children.forEach((spec, index) => {
      const child = this.#children[index] as Child;
      const before = this.#children.slice(0, index);
      const isBlocked = before.some(({ status }) => ['starting', 'backoff'].includes(status));
      const isFree = this.#spec.strategy === 'one_for_one' && child.starts > 0;
      if (child.status !== 'waiting' || (isBlocked && !isFree)) return;
      child.starts += 1;
      child.startedAtMs = this.#nowMs;
      child.status = spec.isLate ? 'starting' : 'ready';
      this.#write('+', index);
      if (!spec.isLate) return;
      const { starts } = child;
      const ring = () => {
        const isSame = child.starts === starts && child.status === 'starting';
        if (isSame && !this.#isStopping) this.#leave(index, true);
      };
      this.#alarms.push({ atMs: this.#nowMs + readyTimeoutMs(index), ring });
    });
  }

  #leave(index: number, isFailure: boolean): void {
    const child = this.#children[index];
    if (child === undefined || !isAlive(child) || this.end !== 'none') return;
    this.#write('-', index);
    const { restart } = this.#spec.children[index] as ModelChild;
    const isForGood = restart === 'temporary' || (restart === 'transient' && !isFailure);
    const wasStopping = child.status === 'stopping';
    if (this.#isStopping || isForGood) {
      child.status = 'ended';
      if (!this.#isStopping) this.#startWhatMay();
      else if (wasStopping) this.#stopLast();
      return;
    }
    this.#restart(index, child);
  }

  #restart(index: number, child: Child): void {
    const { strategy, maxRestarts } = this.#spec;
    const { periodMs, minMs, maxMs, resetAfterMs } = MODEL_TIMES;
    const isQuiet = this.#nowMs - child.startedAtMs >= resetAfterMs;
    child.failures = isQuiet ? 1 : child.failures + 1;
    child.status = 'backoff';
    const dueAtMs = this.#nowMs + Math.min(maxMs, minMs * 2 ** (child.failures - 1));
    child.dueAtMs = dueAtMs;
    this.#restartTimesMs.push(this.#nowMs);
    const recent = this.#restartTimesMs.filter((atMs) => atMs > this.#nowMs - periodMs);
    if (recent.length > maxRestarts) {
      this.#stopAll(0);
      this.end = 'failed';
      return;
    }
    if (strategy === 'one_for_all') this.#stopAll(0, dueAtMs);
    if (strategy === 'rest_for_one') this.#stopAll(index, dueAtMs);
    this.#alarms.push({ atMs: dueAtMs, ring: () => this.#restartDue() });
  }

  #restartDue(): void {
    if (this.#isStopping) return;
    for (const child of this.#children) {
      if (child.status === 'backoff' && child.dueAtMs <= this.#nowMs) child.status = 'waiting';
    }
    this.#startWhatMay();
  }

  /** Takes down the children from `first` on, last first; with a time they come back then. */
  #stopAll(first: number, dueAtMs?: number): void {
    for (let index = this.#children.length - 1; index >= first; index -= 1) {
      const child = this.#children[index] as Child;
      if (child.status === 'ended') continue;
      if (isAlive(child)) this.#write('-', index);
      else if (child.status === 'waiting' && dueAtMs !== undefined) continue;
      const isGone = this.#spec.children[index]?.restart === 'temporary' || dueAtMs === undefined;
      child.status = isGone ? 'ended' : 'backoff';
      child.dueAtMs = dueAtMs ?? 0;
    }
  }

  #stopLast(): void {
    const index = this.#children.findLastIndex(isAlive);
    const child = this.#children[index];
    if (child === undefined) {
      this.end = 'stopped';
      return;
    }
    child.status = 'stopping';
    if (this.#spec.children[index]?.isStubborn !== true) {
      this.#leave(index, false);
      return;
    }
    const ring = () => this.#leave(index, false);
    this.#alarms.push({ atMs: this.#nowMs + MODEL_TIMES.shutdownMs, ring });
  }
}
