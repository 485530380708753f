/** Looks again and again whether a container is well (diego.md §13.5 "monitor"). */
import type { InstanceEvent } from '../../../../machines/cell/instance.events.ts';
import { onAbort, type StepScope } from '../actions/step.ts';
import type { RunRequest } from '../executor.ts';
import { EXECUTOR_LIMITS } from '../options.ts';
import { intervalOf, type LookOnce, livenessOf, readinessOf } from './checks.ts';

export interface HealthWatch {
  readonly request: RunRequest;
  readonly scope: StepScope;
  readonly send: (event: InstanceEvent) => void;
}

const SOURCE = 'CELL';

const write = ({ scope }: HealthWatch, text: string): void =>
  scope.workspace.appLog?.write(SOURCE, text);

/** Resolves when the time is over, or nobody waits any more. */
function pauseIn({ context, signal }: StepScope, ms: number): Promise<void> {
  const { clock } = context.ports;
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => {
      stopListening();
      resolve();
    }, ms);
    const stopListening = onAbort(signal, () => {
      clock.clearTimeout(timer);
      resolve();
    });
  });
}

/**
 * Until it is well for the first time. The first looks come faster, so that a quick start counts
 * as one; from then on every `unhealthyPollMs`.
 */
export async function watchStartup(watch: HealthWatch): Promise<void> {
  const { request, scope, send } = watch;
  const look = livenessOf(request);
  if (look === undefined) return;
  const { unhealthyPollMs } = scope.context.options;
  write(watch, 'Starting health monitoring of container');
  let waitMs: number = EXECUTOR_LIMITS.firstPollMs;
  for (;;) {
    const result = await look(scope);
    if (scope.signal.aborted) return;
    if (result.ok) break;
    send({ type: 'CHECK_FAILED', reason: result.reason });
    await pauseIn(scope, Math.min(waitMs, unhealthyPollMs));
    waitMs *= 2;
  }
  write(watch, 'Container became healthy');
  send({ type: 'CHECK_PASSED' });
}

/** One failure is enough. */
async function watchLiveness({ request, scope, send }: HealthWatch, look: LookOnce) {
  const { healthyPollMs } = scope.context.options;
  const intervalMs = intervalOf(request.checks?.checks ?? [], healthyPollMs);
  for (;;) {
    await pauseIn(scope, intervalMs);
    if (scope.signal.aborted) return;
    const result = await look(scope);
    if (scope.signal.aborted) return;
    if (!result.ok) return send({ type: 'CHECK_FAILED', reason: result.reason });
  }
}

const READY =
  'Container passed the readiness health check. ' +
  'Container marked as ready and added to route pool.';
const NOT_READY =
  'Container failed the readiness health check. ' +
  'Container marked not ready and removed from route pool.';

async function watchReadiness(watch: HealthWatch, look: LookOnce): Promise<void> {
  const { request, scope, send } = watch;
  const { unhealthyPollMs, healthyPollMs } = scope.context.options;
  const checks = request.checks?.readiness_checks ?? [];
  let isRoutable = false;
  for (;;) {
    const { ok } = await look(scope);
    if (scope.signal.aborted) return;
    if (ok !== isRoutable) {
      isRoutable = ok;
      write(watch, ok ? READY : NOT_READY);
      send({ type: 'READINESS_CHANGED', isRoutable });
    }
    await pauseIn(scope, isRoutable ? intervalOf(checks, healthyPollMs) : unhealthyPollMs);
    if (scope.signal.aborted) return;
  }
}

/** As long as it runs. */
export async function watchRunning(watch: HealthWatch): Promise<void> {
  const liveness = livenessOf(watch.request);
  const readiness = readinessOf(watch.request);
  await Promise.all([
    liveness && watchLiveness(watch, liveness),
    readiness && watchReadiness(watch, readiness),
  ]);
}
