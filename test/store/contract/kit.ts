import type {
  KeyValueStore,
  Operation,
  Revision,
  Store,
  StoreError,
  StoreEvent,
  StoreResult,
  Watch,
} from '../../../src/ports/store.ts';

export interface Opened {
  readonly store: Store;
  /** Lets time pass: virtual time where the store has a virtual clock, else real time. */
  advance(ms: number): Promise<void>;
  /** A second client of the same data. */
  second(): Promise<Store>;
  /** Ends the process that holds the data in an orderly way and starts it again. */
  reopen?(): Promise<Store>;
  dispose(): Promise<void>;
}

export interface Fixture {
  readonly name: string;
  /** How much later than due a lease may end. */
  readonly leaseToleranceMs: number;
  /** The shortest TTL that is granted as asked. */
  readonly shortTtlMs: number;
  open(): Promise<Opened>;
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Waits for what must happen soon; fails with the name of what did not. */
export async function until(what: string, isDone: () => boolean, limitMs = 8_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!isDone()) {
    if (performance.now() > endMs) throw new Error(`in vain: ${what}`);
    await sleep(2);
  }
}

export function value<T>(result: StoreResult<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

export const codeOf = (result: StoreResult<unknown>): string =>
  result.ok ? 'ok' : result.error.code;

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (own: Uint8Array | undefined): string | undefined =>
  own && new TextDecoder().decode(own);

export const putOp = (key: string, own: string, lease?: string): Operation => ({
  type: 'put',
  key,
  value: bytes(own),
  lease,
});

export const deleteOp = (key: string): Operation => ({ type: 'delete', key });

/** Writes without a condition; the revision of the change. */
export async function change(store: KeyValueStore, ...success: Operation[]): Promise<Revision> {
  return value(await store.txn({ success })).revision;
}

export const put = (store: KeyValueStore, key: string, own: string): Promise<Revision> =>
  change(store, putOp(key, own));

export async function read(store: KeyValueStore, key: string): Promise<string | undefined> {
  return text(value(await store.get(key)).kv?.value);
}

export const now = async (store: KeyValueStore): Promise<Revision> =>
  value(await store.range('none/')).revision;

/** What an event says, short enough to compare at sight. */
export function brief(event: StoreEvent): string {
  const previous = event.previous === undefined ? '' : ` was ${text(event.previous.value)}`;
  return event.type === 'put'
    ? `${event.key}=${text(event.kv.value)}${previous}`
    : `${event.key} gone${previous}`;
}

export interface Recorder extends Watch {
  readonly batches: { readonly revision: Revision; readonly events: readonly StoreEvent[] }[];
  readonly ends: StoreError[];
  readonly events: StoreEvent[];
  brief(): string[];
}

export function record(store: KeyValueStore, prefix: string, from: Revision): Recorder {
  const batches: Recorder['batches'] = [];
  const ends: StoreError[] = [];
  const watch = store.watch(prefix, from, {
    onEvents: (events, revision) => {
      batches.push({ revision, events });
    },
    onEnd: (error) => ends.push(error),
  });
  return {
    batches,
    ends,
    get events() {
      return batches.flatMap(({ events }) => events);
    },
    brief: () => batches.map(({ events }) => events.map(brief).join(', ')),
    cancel: () => watch.cancel(),
  };
}
