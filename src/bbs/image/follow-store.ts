/** Loads all records, then follows the store's watch (DESIGN §5). */
import type { KeyValue, Revision, Store, StoreError, Watch } from '../../ports/store.ts';
import { publishChanges } from '../events/publish-changes.ts';
import type { BbsState } from '../state.ts';
import { applyChanges, loadRecords } from './apply-changes.ts';
import { ROOT } from './keys.ts';

const PAGE_KEYS = 10_000;

export interface Following {
  readonly records: number;
  cancel(): void;
}

export type FollowResult =
  | { readonly ok: true; readonly following: Following }
  | { readonly ok: false; readonly error: StoreError };

export interface FollowListener {
  /** A cell's registration ended. */
  onCellLost(): void;
  /** The watch is over: the image must be loaded anew. */
  onEnd(error: StoreError): void;
}

interface Snapshot {
  readonly revision: Revision;
  readonly records: number;
}

/** Pages of one revision, straight into the image. */
async function load(state: BbsState, store: Store): Promise<Snapshot | StoreError> {
  const { image, ports } = state;
  image.clear();
  let after: string | undefined;
  let revision: Revision | undefined;
  let records = 0;
  for (;;) {
    const page = await store.range(ROOT, {
      limit: PAGE_KEYS,
      ...(after === undefined ? {} : { after }),
      ...(revision === undefined ? {} : { atRevision: revision }),
    });
    if (!page.ok) return page.error;
    const { kvs, more } = page.value;
    revision ??= page.value.revision;
    loadRecords(image, kvs, ports.log);
    records += kvs.length;
    after = (kvs.at(-1) as KeyValue | undefined)?.key;
    if (!more || after === undefined) return { revision, records };
  }
}

export async function followStore(
  state: BbsState,
  store: Store,
  listener: FollowListener,
): Promise<FollowResult> {
  const { image, hub, ports } = state;
  const loaded = await load(state, store);
  if ('code' in loaded) return { ok: false, error: loaded };
  const { revision, records } = loaded;
  image.setRevision(revision);
  const watch: Watch = store.watch(ROOT, revision + 1, {
    onEvents(events, at) {
      const changes = applyChanges(image, events, ports.log);
      publishChanges(hub, changes, state.options.generation);
      image.setRevision(at);
      if (changes.hasCellsChanged) listener.onCellLost();
    },
    onEnd: listener.onEnd,
  });
  return { ok: true, following: { records, cancel: () => watch.cancel() } };
}
