/** Which endpoint is asked next, and whether one more may be (gorouter.md §5.11). */
import {
  classifyFailure,
  type Failure,
  isRepeatable,
  type RequestTraits,
} from '../policy/classify-failure.ts';
import type { Forward } from '../policy/decide.ts';
import { createSelection, type Selection, selectNext } from '../table/choose-endpoint.ts';
import type { Endpoint } from '../table/endpoint.ts';
import { blameEndpoint } from './blame-endpoint.ts';
import type { EngineContext, Exchange } from './exchange.ts';

export class Attempts {
  readonly traits: RequestTraits;
  readonly #exchange: Exchange;
  readonly #forward: Forward;
  readonly #engine: EngineContext;
  readonly #selection: Selection;
  #count = 0;
  #wasStaleRepeated = false;
  /** Of the attempt before; undefined: there was none, or it was only stale. */
  lastFailure: Failure | undefined;

  constructor(exchange: Exchange, forward: Forward, traits: RequestTraits, engine: EngineContext) {
    this.#exchange = exchange;
    this.#forward = forward;
    this.#engine = engine;
    this.traits = traits;
    this.#selection = createSelection(forward.pool, forward.wishes, engine.balancing);
  }

  /** Undefined: there is none left. */
  next(): Endpoint | undefined {
    const endpoint = selectNext(this.#selection, this.#engine.clock.nowMs());
    if (endpoint !== undefined) return endpoint;
    // A repeatable request may go to the same endpoint again when that hung up on it.
    return this.lastFailure?.kind === 'eof' ? this.#exchange.endpoint : undefined;
  }

  begin(): void {
    this.#count += 1;
  }

  /** An idle connection that its owner closed meanwhile is nobody's fault and costs no attempt. */
  repeatsStale(): boolean {
    if (this.#wasStaleRepeated || !isRepeatable(this.traits)) return false;
    this.#wasStaleRepeated = true;
    this.#count -= 1;
    return true;
  }

  /** True when another attempt may be made. */
  failed(failure: Failure, endpoint: Endpoint | undefined): boolean {
    const { pool } = this.#forward;
    const verdict = classifyFailure(failure, this.traits, endpoint?.isTls === true);
    const exchange = this.#exchange;
    exchange.failedAttempts += 1;
    exchange.lastFailedAtMs = this.#engine.clock.nowMs();
    if (endpoint !== undefined) blameEndpoint(verdict.effect, pool, endpoint, this.#engine);
    this.#engine.log.error('backend-endpoint-failed', {
      'route-endpoint': { ApplicationId: endpoint?.applicationId, Addr: endpoint?.address },
      error: verdict.cause,
      attempt: this.#count,
      retriable: verdict.isRetriable,
      'num-endpoints': pool.members.length,
      'got-connection': failure.wasSent,
      vcap_request_id: exchange.requestId,
    });
    this.lastFailure = failure;
    return verdict.isRetriable && this.#count < this.#max();
  }

  #max(): number {
    const { maxAttempts } = this.#engine.options.backends;
    return maxAttempts > 0 ? maxAttempts : Math.max(1, this.#forward.pool.members.length);
  }
}
