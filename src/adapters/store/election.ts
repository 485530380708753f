/** The election recipe of etcd's client: the oldest key below the name leads. */
import type { Clock, Timer } from '../../ports/clock.ts';
import type {
  CampaignListener,
  KeyValue,
  KeyValueStore,
  Leader,
  LeaseId,
  StoreError,
  StoreResult,
  Watch,
} from '../../ports/store.ts';
import { DONE, failure } from './results.ts';

const RETRY_MS = 500;

interface Followed extends Watch {
  /** The candidates by key, as of the last event. */
  readonly candidates: ReadonlyMap<string, KeyValue>;
}

/** Keeps the list of candidates; begins anew whenever the watch or the store fails. */
function followCandidates(
  store: KeyValueStore,
  clock: Clock,
  prefix: string,
  onChange: () => void,
): Followed {
  const candidates = new Map<string, KeyValue>();
  let watch: Watch | undefined;
  let timer: Timer | undefined;
  let isOver = false;

  const retry = (): void => {
    timer = clock.setTimeout(() => void load(), RETRY_MS);
  };

  async function load(): Promise<void> {
    const listed = await store.range(prefix);
    if (isOver) return;
    if (!listed.ok) {
      retry();
      return;
    }
    candidates.clear();
    for (const kv of listed.value.kvs) candidates.set(kv.key, kv);
    watch = store.watch(prefix, listed.value.revision + 1, {
      onEvents(events) {
        for (const event of events) {
          if (event.type === 'put') candidates.set(event.key, event.kv);
          else candidates.delete(event.key);
        }
        onChange();
      },
      onEnd: () => {
        if (!isOver) retry();
      },
    });
    onChange();
  }

  void load();
  return {
    candidates,
    cancel() {
      isOver = true;
      watch?.cancel();
      clock.clearTimeout(timer);
    },
  };
}

function oldest(candidates: ReadonlyMap<string, KeyValue>): KeyValue | undefined {
  let first: KeyValue | undefined;
  for (const kv of candidates.values()) {
    if (first === undefined || kv.createRevision < first.createRevision) first = kv;
  }
  return first;
}

const prefixOf = (name: string): string => `${name}/`;

export function observeLeader(
  store: KeyValueStore,
  clock: Clock,
  name: string,
  onLeader: (leader: Leader | undefined) => void,
): Watch {
  let told: KeyValue | undefined | null = null;
  const followed = followCandidates(store, clock, prefixOf(name), () => {
    const first = oldest(followed.candidates);
    if (told !== null && told?.modRevision === first?.modRevision) return;
    told = first;
    onLeader(first && { key: first.key, value: first.value, revision: first.createRevision });
  });
  return followed;
}

async function enter(store: KeyValueStore, key: string, value: Uint8Array, lease: LeaseId) {
  const entered = await store.txn({
    compare: [{ key, exists: false }],
    success: [{ type: 'put', key, value, lease }],
    failure: [{ type: 'get', key }],
  });
  if (!entered.ok) return entered;
  const [response] = entered.value.responses;
  const kv = response?.type === 'get' ? response.kv : undefined;
  return { ok: true, value: kv?.createRevision ?? entered.value.revision } as const;
}

class Candidacy implements Watch {
  readonly #store: KeyValueStore;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #key: string;
  readonly #listener: CampaignListener;
  #followed: Followed | undefined;
  #revision = 0;
  #isElected = false;
  #isOver = false;

  constructor(
    store: KeyValueStore,
    clock: Clock,
    name: string,
    lease: LeaseId,
    listener: CampaignListener,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#prefix = prefixOf(name);
    this.#key = `${this.#prefix}${lease}`;
    this.#listener = listener;
  }

  async run(value: Uint8Array, lease: LeaseId): Promise<void> {
    const entered = await enter(this.#store, this.#key, value, lease);
    if (this.#isOver) {
      if (entered.ok) await this.#withdraw(entered.value);
      return;
    }
    if (!entered.ok && entered.error.code === 'unknown-outcome') {
      this.#clock.setTimeout(() => void this.run(value, lease), RETRY_MS);
      return;
    }
    if (!entered.ok) {
      this.#lose(entered.error);
      return;
    }
    this.#revision = entered.value;
    this.#followed = followCandidates(this.#store, this.#clock, this.#prefix, () => this.#look());
  }

  /** Withdraws; the listener hears nothing more. */
  cancel(): void {
    const wasEntered = this.#revision > 0 && !this.#isOver;
    this.#end();
    if (wasEntered) void this.#withdraw(this.#revision);
  }

  #look(): void {
    if (this.#isOver) return;
    const candidates = this.#followed?.candidates ?? new Map<string, KeyValue>();
    if (candidates.get(this.#key)?.createRevision !== this.#revision) {
      this.#lose(failure('lease-not-found', `${this.#key} is gone`).error);
      return;
    }
    if (this.#isElected || oldest(candidates)?.key !== this.#key) return;
    this.#isElected = true;
    const revision = this.#revision;
    this.#listener.onElected({
      key: this.#key,
      revision,
      fence: { key: this.#key, createRevision: revision },
      resign: () => {
        this.#end();
        return this.#withdraw(revision);
      },
    });
  }

  #end(): void {
    this.#isOver = true;
    this.#followed?.cancel();
  }

  #lose(error: StoreError): void {
    this.#end();
    this.#listener.onLost(error);
  }

  async #withdraw(revision: number): Promise<StoreResult<void>> {
    const key = this.#key;
    const done = await this.#store.txn({
      compare: [{ key, createRevision: revision }],
      success: [{ type: 'delete', key }],
    });
    return done.ok ? DONE : done;
  }
}

export function campaign(
  store: KeyValueStore,
  clock: Clock,
  name: string,
  value: Uint8Array,
  lease: LeaseId,
  listener: CampaignListener,
): Watch {
  const candidacy = new Candidacy(store, clock, name, lease, listener);
  void candidacy.run(value, lease);
  return candidacy;
}
