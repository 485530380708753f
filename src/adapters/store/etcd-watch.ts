import type { Etcd3 } from 'etcd3';
import type { IWatchRequest, IWatchResponse } from 'etcd3/lib/rpc.js';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Revision, StoreError, StoreEvent, Watch, WatchListener } from '../../ports/store.ts';
import { Delivery } from './delivery.ts';
import { fromEvent, toKeyRange } from './etcd-convert.ts';
import { failure } from './results.ts';

export const ETCD_WATCH_LIMITS = {
  queueEvents: 10_000,
  firstRetryMs: 100,
  longestRetryMs: 2_000,
} as const;

type Stream = Awaited<ReturnType<Etcd3['watchClient']['watch']>>;

interface Batch {
  readonly revision: Revision;
  readonly events: StoreEvent[];
}

/** Undefined when a previous value is missing (see `fromEvent`). */
function byRevision(response: IWatchResponse, next: Revision): Batch[] | undefined {
  const batches: Batch[] = [];
  for (const own of response.events) {
    const revision = Number(own.kv.mod_revision);
    if (revision < next) continue;
    const event = fromEvent(own);
    if (event === undefined) return undefined;
    const last = batches.at(-1);
    if (last?.revision === revision) last.events.push(event);
    else batches.push({ revision, events: [event] });
  }
  return batches;
}

/** A watch that outlives connections: each new stream begins where the last one ended. */
export class EtcdWatch implements Watch {
  readonly #client: Etcd3;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #listener: WatchListener;
  readonly #onOver: (watch: EtcdWatch) => void;
  readonly #delivery: Delivery;
  #next: Revision;
  #stream: Stream | undefined;
  #retry: Timer | undefined;
  #retryMs: number = ETCD_WATCH_LIMITS.firstRetryMs;
  #queue: Batch[] = [];
  #queueEvents = 0;
  #isOver = false;

  constructor(
    client: Etcd3,
    clock: Clock,
    prefix: string,
    fromRevision: Revision,
    listener: WatchListener,
    onOver: (watch: EtcdWatch) => void,
  ) {
    this.#client = client;
    this.#clock = clock;
    this.#prefix = prefix;
    this.#next = fromRevision;
    this.#listener = listener;
    this.#onOver = onOver;
    const again = (): void => this.#drain();
    this.#delivery = new Delivery(clock, listener, again, () => this.cancel());
    void this.#open();
  }

  cancel(): void {
    this.#isOver = true;
    this.#clock.clearTimeout(this.#retry);
    this.#queue = [];
    this.#drop();
    this.#onOver(this);
  }

  end(error: StoreError): void {
    if (this.#isOver) return;
    this.cancel();
    this.#listener.onEnd(error);
  }

  async #open(): Promise<void> {
    let stream: Stream;
    try {
      stream = await this.#client.watchClient.watch();
    } catch {
      this.#reopenLater();
      return;
    }
    if (this.#isOver) {
      stream.on('error', () => undefined);
      stream.cancel();
      return;
    }
    this.#stream = stream;
    const fail = (): void => {
      if (this.#stream !== stream) return;
      this.#drop();
      this.#reopenLater();
    };
    stream.on('error', fail);
    stream.on('end', fail);
    stream.on('data', (response) => {
      if (this.#stream === stream) this.#take(response as IWatchResponse);
    });
    // One revision earlier than wanted: etcd would accept the compacted revision itself, whose
    // deletions are gone. What is too early is left out again.
    const start_revision = Math.max(1, this.#next - 1);
    const range = toKeyRange(this.#prefix);
    const request: IWatchRequest = {
      create_request: { ...range, start_revision, prev_kv: true, progress_notify: true },
    };
    (stream as { write(request: IWatchRequest): void }).write(request);
  }

  #drop(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.cancel();
  }

  #reopenLater(): void {
    if (this.#isOver) return;
    this.#retry = this.#clock.setTimeout(() => void this.#open(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, ETCD_WATCH_LIMITS.longestRetryMs);
  }

  #take(response: IWatchResponse): void {
    if (response.canceled) {
      this.#takeCancel(response);
      return;
    }
    this.#retryMs = ETCD_WATCH_LIMITS.firstRetryMs;
    const batches = byRevision(response, this.#next);
    if (batches === undefined) {
      this.end(failure('compacted', 'the previous value of an event was cut off').error);
      return;
    }
    const last = batches.at(-1)?.revision;
    if (last !== undefined) this.#next = last + 1;
    // A progress report: everything up to this revision was sent.
    else if (!response.created && response.events.length === 0) {
      this.#next = Math.max(this.#next, Number(response.header.revision) + 1);
    }
    for (const batch of batches) {
      this.#queue.push(batch);
      this.#queueEvents += batch.events.length;
    }
    this.#drain();
    if (this.#queue.length > 1 && this.#queueEvents > ETCD_WATCH_LIMITS.queueEvents) {
      this.end(failure('compacted', 'the watcher is too slow').error);
    }
  }

  #takeCancel({ compact_revision, cancel_reason }: IWatchResponse): void {
    if (Number(compact_revision) > 0 || cancel_reason.includes('compacted')) {
      const message = `revision ${this.#next} was cut off at ${compact_revision}`;
      this.end(failure('compacted', message).error);
      return;
    }
    this.#drop();
    this.#reopenLater();
  }

  #drain(): void {
    while (!this.#delivery.isBusy && !this.#isOver) {
      const batch = this.#queue.shift();
      if (batch === undefined) return;
      this.#queueEvents -= batch.events.length;
      this.#delivery.deliver(batch.events, batch.revision);
    }
  }
}
