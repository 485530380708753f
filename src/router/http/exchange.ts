import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { AccessLog } from '../access-log.ts';
import type { RouterMetrics } from '../metrics.ts';
import type { RouterOptions } from '../options.ts';
import { errorResponse } from '../policy/error-response.ts';
import type { HeaderList } from '../policy/header-list.ts';
import type { RequestHead } from '../policy/request-head.ts';
import type { BalancingSettings } from '../table/choose-endpoint.ts';
import type { Endpoint } from '../table/endpoint.ts';
import type { RouteTable } from '../table/route-table.ts';

/** What every request of a router shares. */
export interface EngineContext {
  readonly options: RouterOptions;
  readonly table: RouteTable;
  readonly balancing: BalancingSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: RouterMetrics;
  readonly accessLog: AccessLog;
  readonly isHealthy: () => boolean;
  readonly isDraining: () => boolean;
  /** This router's own address, as `X-Vcap-Router` shows it. */
  readonly routerAddress: string;
}

/** One request from its head to the last byte of its answer, as log and metrics see it. */
export class Exchange {
  readonly head: RequestHead;
  readonly requestId: string;
  readonly receivedAtMs: number;
  readonly receivedWallMs: number;
  readonly #context: EngineContext;
  /** As sent to the endpoint once there was an attempt. */
  headers: HeaderList;
  status = 0;
  bytesReceived = 0;
  bytesSent = 0;
  routerError = '';
  endpoint: Endpoint | undefined;
  proxyStartedAtMs = 0;
  failedAttempts = 0;
  lastFailedAtMs = 0;
  /** Set when an endpoint answered. */
  connection: { readonly dialMs: number; readonly localAddress: string } | undefined;
  isFinished = false;

  constructor(head: RequestHead, context: EngineContext) {
    this.head = head;
    this.headers = head.headers;
    this.#context = context;
    this.requestId = context.random.uuid();
    this.receivedAtMs = context.clock.nowMs();
    this.receivedWallMs = context.clock.wallMs();
    context.metrics.openRequests += 1;
  }

  get component(): string {
    return this.endpoint?.tags?.['component'] ?? '';
  }

  /** The client left: the log shows the answer that it did not wait for. */
  clientGone(): void {
    if (this.status !== 0) return;
    const { htmlErrorTemplate } = this.#context.options.headers;
    const gone = errorResponse('clientGone', { cause: 'context canceled' }, htmlErrorTemplate);
    this.status = gone.status;
    this.routerError = gone.routerError;
    this.bytesSent = gone.body.length;
  }

  /** Once, whatever ended it: writes the access line and adds to the metrics. */
  finish(): void {
    if (this.isFinished) return;
    this.isFinished = true;
    const { clock, metrics, accessLog } = this.#context;
    const finishedAtMs = clock.nowMs();
    metrics.openRequests -= 1;
    const { endpoint } = this;
    if (endpoint !== undefined) {
      metrics.responseSent(this.component, this.status, finishedAtMs - this.receivedAtMs);
    }
    const { proxyStartedAtMs, lastFailedAtMs, connection } = this;
    const proxiedMs = proxyStartedAtMs === 0 ? 0 : finishedAtMs - proxyStartedAtMs;
    const failedUntilMs = connection === undefined ? finishedAtMs : lastFailedAtMs;
    const hasFailed = this.failedAttempts > 0;
    accessLog.add({
      head: this.head,
      headers: this.headers,
      receivedWallMs: this.receivedWallMs,
      receivedAtMs: this.receivedAtMs,
      finishedAtMs,
      proxiedMs,
      status: this.status,
      bytesReceived: this.bytesReceived,
      bytesSent: this.bytesSent,
      requestId: this.requestId,
      routerError: this.routerError,
      endpointAddress: endpoint?.address ?? '',
      applicationId: endpoint?.applicationId ?? '',
      instanceIndex: endpoint?.privateInstanceIndex ?? '',
      instanceId: endpoint?.privateInstanceId ?? '',
      failedAttempts: this.failedAttempts,
      backendMs:
        connection === undefined ? -1 : finishedAtMs - (lastFailedAtMs || proxyStartedAtMs),
      failedAttemptsMs: hasFailed ? failedUntilMs - proxyStartedAtMs : -1,
      dialMs: connection?.dialMs ?? -1,
      localAddress: connection?.localAddress ?? '',
    });
  }
}
