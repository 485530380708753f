/** Looks once whether a container is well (diego.md §13.5). */
import { request } from 'node:http';
import { connect } from 'node:net';
import type { Action } from '../../../model/bbs/messages/actions.ts';
import type { CheckDefinition } from '../../../model/bbs/messages/common.ts';
import { runAction } from '../actions/run-action.ts';
import {
  branch,
  CANCELLED,
  failure,
  onAbort,
  type StepResult,
  type StepScope,
  SUCCEEDED,
} from '../actions/step.ts';
import type { RunRequest } from '../executor.ts';
import { EXECUTOR_LIMITS } from '../options.ts';

export type Check = CheckDefinition['checks'][number];
type TcpCheck = NonNullable<Check['tcp_check']>;
type HttpCheck = NonNullable<Check['http_check']>;
export type LookOnce = (scope: StepScope) => Promise<StepResult>;

const LOCAL = '127.0.0.1';

/** The container listens on the host's network: there its port has another number. */
const hostPortOf = ({ workspace }: StepScope, containerPort: number): number =>
  workspace.ports.find((own) => own.containerPort === containerPort)?.hostPort ?? containerPort;

const timeoutOf = (ms: bigint): number => (ms > 0n ? Number(ms) : EXECUTOR_LIMITS.checkTimeoutMs);

const timedOut = (timeoutMs: number): string =>
  `timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;

const errorText = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'ECONNREFUSED' ? 'connection refused' : (code ?? message);

/** One answer, in time or not at all; `close` is called in any case. */
function inTime(
  scope: StepScope,
  timeoutMs: number,
  prefix: string,
  open: (settle: (problem: string | undefined) => void) => () => void,
): Promise<StepResult> {
  const { clock } = scope.context.ports;
  return new Promise((resolve) => {
    let isOver = false;
    let close = (): void => {};
    const end = (result: StepResult): void => {
      if (isOver) return;
      isOver = true;
      clock.clearTimeout(timer);
      stopListening();
      close();
      resolve(result);
    };
    const timer = clock.setTimeout(
      () => end(failure(`${prefix}: ${timedOut(timeoutMs)}`)),
      timeoutMs,
    );
    const stopListening = onAbort(scope.signal, () => clock.defer(() => end(CANCELLED)));
    close = open((problem) =>
      end(problem === undefined ? SUCCEEDED : failure(`${prefix}: ${problem}`)),
    );
  });
}

function checkTcp({ port, connect_timeout_ms }: TcpCheck, scope: StepScope): Promise<StepResult> {
  const prefix = `Failed to make TCP connection to port ${port}`;
  return inTime(scope, timeoutOf(connect_timeout_ms), prefix, (settle) => {
    const socket = connect({ host: LOCAL, port: hostPortOf(scope, port) });
    socket.on('connect', () => settle(undefined));
    socket.on('error', (error) => settle(errorText(error)));
    return () => socket.destroy();
  });
}

function checkHttp(check: HttpCheck, scope: StepScope): Promise<StepResult> {
  const path = check.path.startsWith('/') ? check.path : `/${check.path}`;
  const prefix = `Failed to make HTTP request to '${path}' on port ${check.port}`;
  const { clock } = scope.context.ports;
  const startMs = clock.nowMs();
  return inTime(scope, timeoutOf(check.request_timeout_ms), prefix, (settle) => {
    const outgoing = request({
      host: LOCAL,
      port: hostPortOf(scope, check.port),
      path: encodeURI(path).replaceAll('%25', '%'),
      agent: false,
    });
    outgoing.on('response', ({ statusCode }) => {
      const tookMs = Math.round(clock.nowMs() - startMs);
      const text = `received status code ${statusCode} in ${tookMs}ms`;
      settle(statusCode === 200 ? undefined : text);
    });
    outgoing.on('error', (error) => settle(errorText(error)));
    outgoing.end();
    return () => outgoing.destroy();
  });
}

/** All of them; the container is well when each one says so. */
async function runChecks(checks: readonly Check[], scope: StepScope): Promise<StepResult> {
  const results = await Promise.all(
    checks.map(({ tcp_check, http_check }) => {
      if (http_check !== undefined) return checkHttp(http_check, scope);
      return tcp_check === undefined ? SUCCEEDED : checkTcp(tcp_check, scope);
    }),
  );
  if (scope.signal.aborted) return CANCELLED;
  const reasons = results.flatMap((own) => (own.ok ? [] : [own.reason]));
  return reasons.length === 0 ? SUCCEEDED : failure(reasons.join('; '));
}

async function runMonitor(monitor: Action, scope: StepScope): Promise<StepResult> {
  const own = branch(scope);
  const { clock } = scope.context.ports;
  const { monitorTimeoutMs } = EXECUTOR_LIMITS;
  let isOver = false;
  const timer = clock.setTimeout(() => {
    isOver = true;
    own.cancel();
  }, monitorTimeoutMs);
  const result = await runAction(monitor, own.scope);
  clock.clearTimeout(timer);
  return isOver && !scope.signal.aborted ? failure(timedOut(monitorTimeoutMs)) : result;
}

const isEmpty = (action: Action): boolean =>
  Object.values(action).every((member) => member === undefined);

/** How to look whether it lives; undefined: it lives as long as its processes do. */
export function livenessOf({ checks, monitor }: RunRequest): LookOnce | undefined {
  const own = checks?.checks ?? [];
  if (own.length > 0) return (scope) => runChecks(own, scope);
  if (monitor === undefined || isEmpty(monitor)) return undefined;
  return (scope) => runMonitor(monitor, scope);
}

/** How to look whether it takes requests; undefined: always. */
export function readinessOf({ checks }: RunRequest): LookOnce | undefined {
  const own = checks?.readiness_checks ?? [];
  return own.length === 0 ? undefined : (scope) => runChecks(own, scope);
}

/** The shortest that a check asks for. */
export function intervalOf(checks: readonly Check[], otherwiseMs: number): number {
  const wanted = checks
    .map(({ tcp_check, http_check }) => Number((http_check ?? tcp_check)?.interval_ms ?? 0n))
    .filter((ms) => ms > 0);
  return wanted.length === 0 ? otherwiseMs : Math.min(...wanted);
}
