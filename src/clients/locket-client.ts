/** Takes, keeps and lists locks of a Locket server (diego.md §8). */
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { FetchAllRequest, Resource } from '../model/bbs/messages/locket.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import { LOCKET_SERVICE } from './locket-service.ts';
import type { TlsOptions } from './tls-options.ts';

const LOCKET_CLIENT_DEFAULTS = {
  ttlMs: 15_000,
  retryMs: 5_000,
  timeoutMs: 10_000,
  answerBytes: 64 * 1024 * 1024,
} as const;

export interface LocketClientOptions {
  readonly clock: Clock;
  /** host:port */
  readonly address: string;
  readonly tls: TlsOptions | undefined;
  /** A name in the server's certificate, when it is not that of the address. */
  readonly serverName?: string;
  readonly ttlMs?: number;
  /** Between two renewals, and between two tries for a lock that another one has. */
  readonly retryMs?: number;
  /** Of one call. */
  readonly timeoutMs?: number;
}

export interface LocketFailure {
  /** As gRPC names it: ALREADY_EXISTS, NOT_FOUND, UNAVAILABLE … */
  readonly code: string;
  readonly text: string;
}

export type LocketAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: LocketFailure };

export interface LockListener {
  onAcquired(): void;
  /** Another owner has the lock, or it could not be renewed for one TTL. Trying goes on. */
  onLost(error: LocketFailure): void;
}

export interface KeptLock {
  /** Stops the renewals and gives the lock back. */
  release(): Promise<LocketAnswer<void>>;
  /** Stops the renewals; the lock runs out by itself. */
  stop(): void;
}

export interface LocketClient {
  lock(resource: Partial<Resource>): Promise<LocketAnswer<void>>;
  /** Tries until it has the lock, renews it then, and tries again when it was lost. */
  keep(resource: Partial<Resource>, listener: LockListener): KeptLock;
  fetch(key: string): Promise<LocketAnswer<Resource>>;
  release(resource: Partial<Resource>): Promise<LocketAnswer<void>>;
  fetchAll(type: 'lock' | 'presence'): Promise<LocketAnswer<readonly Resource[]>>;
  close(): void;
}

type Method<Q, R> = {
  readonly path: string;
  readonly requestSerialize: (message: Q) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => R;
};

const failureOf = (error: ServiceError): LocketFailure => ({
  code: status[error.code] ?? 'UNKNOWN',
  text: error.details,
});

function connect({ address, tls, serverName, retryMs }: LocketClientOptions): Client {
  const { retryMs: usualRetryMs } = LOCKET_CLIENT_DEFAULTS;
  const backoffMs = retryMs ?? usualRetryMs;
  const secure =
    tls === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(tls.ca, tls.key, tls.cert);
  return new Client(address, secure, {
    'grpc.max_receive_message_length': LOCKET_CLIENT_DEFAULTS.answerBytes,
    'grpc.enable_channelz': 0,
    // Two clients of one process may belong to different owners: no shared connection.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
    // gRPC would wait up to two minutes after a long outage; a presence must be back before that.
    'grpc.initial_reconnect_backoff_ms': Math.min(backoffMs, 1_000),
    'grpc.max_reconnect_backoff_ms': backoffMs,
    ...(serverName === undefined
      ? {}
      : {
          'grpc.ssl_target_name_override': serverName,
          'grpc.default_authority': serverName,
        }),
  });
}

type LockCall = (resource: Partial<Resource>) => Promise<LocketAnswer<void>>;

/** The loop behind `keep`: one call at a time, one timer at a time. */
function keepLock(
  { clock, retryMs, ttlMs }: { clock: Clock; retryMs: number; ttlMs: number },
  call: LockCall,
  resource: Partial<Resource>,
  listener: LockListener,
): { stop(): void; readonly settled: () => Promise<void> } {
  let isStopped = false;
  let isHeld = false;
  let timer: Timer | undefined;
  let deadline: Timer | undefined;

  function lose(error: LocketFailure): void {
    clock.clearTimeout(deadline);
    if (!isHeld) return;
    isHeld = false;
    listener.onLost(error);
  }

  function hold(sentMs: number): void {
    clock.clearTimeout(deadline);
    // By then others may have the lock, whatever the server answers later.
    const late = { code: 'DEADLINE_EXCEEDED', text: 'the lock was not renewed in time' };
    deadline = clock.setTimeout(() => lose(late), sentMs + ttlMs - clock.nowMs());
    if (isHeld) return;
    isHeld = true;
    listener.onAcquired();
  }

  async function attempt(): Promise<void> {
    const sentMs = clock.nowMs();
    const answer = await call(resource);
    if (isStopped) return;
    if (answer.ok && clock.nowMs() < sentMs + ttlMs) hold(sentMs);
    else if (!answer.ok && answer.error.code === 'ALREADY_EXISTS') lose(answer.error);
    if (isStopped) return;
    timer = clock.setTimeout(() => {
      underWay = attempt();
    }, retryMs);
  }

  let underWay = attempt();
  return {
    settled: () => underWay,
    stop() {
      isStopped = true;
      clock.clearTimeout(timer);
      clock.clearTimeout(deadline);
    },
  };
}

export function createLocketClient(options: LocketClientOptions): LocketClient {
  const { clock } = options;
  const { ttlMs, retryMs, timeoutMs } = { ...LOCKET_CLIENT_DEFAULTS, ...options };
  const client = connect(options);

  const call = <Q, R>(method: Method<Q, R>, request: Q): Promise<LocketAnswer<R>> =>
    new Promise((resolve) => {
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        new Metadata(),
        { deadline: clock.wallMs() + timeoutMs },
        (error, value) => {
          if (error !== null) resolve({ ok: false, error: failureOf(error) });
          else resolve({ ok: true, value: value as R });
        },
      );
    });

  const discard = <T>(answer: LocketAnswer<T>): LocketAnswer<void> =>
    answer.ok ? { ok: true, value: undefined } : answer;

  const lock: LockCall = async (resource) => {
    const ttl_in_seconds = BigInt(Math.ceil(ttlMs / 1000));
    const request = { resource: Resource.create(resource), ttl_in_seconds };
    return discard(await call(LOCKET_SERVICE.Lock, request));
  };

  const release: LockCall = async (resource) =>
    discard(await call(LOCKET_SERVICE.Release, { resource: Resource.create(resource) }));

  return {
    lock,
    release,
    keep(resource, listener) {
      const loop = keepLock({ clock, retryMs, ttlMs }, lock, resource, listener);
      return {
        stop: loop.stop,
        async release() {
          loop.stop();
          // A Lock that is still under way would take the key again after its release.
          await loop.settled();
          return release(resource);
        },
      };
    },
    async fetch(key) {
      const answer = await call(LOCKET_SERVICE.Fetch, { key });
      if (!answer.ok) return answer;
      return { ok: true, value: answer.value.resource ?? Resource.empty };
    },
    async fetchAll(type) {
      const answer = await call(LOCKET_SERVICE.FetchAll, FetchAllRequest.create({ type }));
      return answer.ok ? { ok: true, value: answer.value.resources } : answer;
    },
    close: () => client.close(),
  };
}
