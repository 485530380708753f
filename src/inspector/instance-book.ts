/** The instances of the BBS with their histories, kept from its events (diego.md §2.10). No I/O. */
import type { StreamedEvent } from '../model/bbs/event-types.ts';
import { type ActualLRP, PRESENCE } from '../model/bbs/messages/actual-lrp.ts';
import type { DesiredLRPSchedulingInfo } from '../model/bbs/messages/desired-lrp.ts';
import { INSPECTOR_LIMITS } from './options.ts';
import type { AppView, HistoryEntry, InstanceView } from './views.ts';

const PRESENCES = Object.entries(PRESENCE);
const NANOSECONDS_PER_MS = 1_000_000n;
const ABSENT = 'absent';

/** As the machine spells it. */
const stateOf = (state: string): string => state.toLowerCase();

const presenceOf = (value: number): string =>
  PRESENCES.find(([, own]) => own === value)?.[0].toLowerCase() ?? String(value);

function nameIn(annotation: string, processGuid: string): string {
  try {
    const own = JSON.parse(annotation) as { app?: unknown } | null;
    return typeof own?.app === 'string' ? own.app : processGuid;
  } catch {
    return processGuid;
  }
}

type Facts = Omit<InstanceView, 'history' | 'key'>;

/** Rows of one index stand side by side: each presence has a place of its own. */
const keyOf = ({ processGuid, index, presence }: Facts): string =>
  `${processGuid}/${index}/${presence}`;

function factsOf(row: ActualLRP): Facts {
  const { actual_lrp_key: key, actual_lrp_instance_key: own } = row;
  return {
    processGuid: key.process_guid,
    index: key.index,
    presence: presenceOf(row.presence),
    state: stateOf(row.state),
    instanceGuid: own.instance_guid,
    cellId: own.cell_id,
    crashCount: row.crash_count,
    crashReason: row.crash_reason,
    placementError: row.placement_error,
    sinceWallMs: Number(row.since / NANOSECONDS_PER_MS),
  };
}

type ChangedEvent = Extract<StreamedEvent, { readonly name: 'actual_lrp_instance_changed' }>;

function changedFacts({ message }: ChangedEvent): Facts | undefined {
  const { actual_lrp_key: key, actual_lrp_instance_key: own, after } = message;
  if (key === undefined || after === undefined) return undefined;
  return {
    processGuid: key.process_guid,
    index: key.index,
    presence: presenceOf(after.presence),
    state: stateOf(after.state),
    instanceGuid: own?.instance_guid ?? '',
    cellId: own?.cell_id ?? '',
    crashCount: after.crash_count,
    crashReason: after.crash_reason,
    placementError: after.placement_error,
    sinceWallMs: Number(after.since / NANOSECONDS_PER_MS),
  };
}

const noteOf = ({ cellId, crashReason, placementError, state }: Facts): string => {
  if (placementError !== '') return placementError;
  if (crashReason !== '' && (state === 'crashed' || state === 'unclaimed')) return crashReason;
  return cellId;
};

interface Desired {
  readonly process_guid: string;
  readonly annotation: string;
  readonly domain: string;
  readonly instances: number;
}

export class InstanceBook {
  readonly #wallMs: () => number;
  readonly #instances = new Map<string, InstanceView>();
  readonly #apps = new Map<string, AppView>();
  readonly #changed = new Set<string>();
  #hasNewApps = false;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  get apps(): readonly AppView[] {
    return [...this.#apps.values()];
  }

  get instances(): readonly InstanceView[] {
    return [...this.#instances.values()];
  }

  /** Instances that changed since the last call. */
  takeChanged(): InstanceView[] {
    const views = [...this.#changed].flatMap((key) => this.#instances.get(key) ?? []);
    this.#changed.clear();
    return views;
  }

  /** True once after the list of apps has changed. */
  takeNewApps(): boolean {
    const had = this.#hasNewApps;
    this.#hasNewApps = false;
    return had;
  }

  /** Takes what a list says; what a whole list lacks is gone. */
  takeRows(rows: readonly ActualLRP[], isComplete: boolean): void {
    const present = new Set(rows.map((row) => keyOf(factsOf(row))));
    for (const own of this.#instances.values()) {
      const isGone = own.state !== ABSENT && !present.has(own.key) && isComplete;
      if (isGone) this.#put({ ...own, state: ABSENT });
    }
    for (const row of rows) this.#put(factsOf(row));
  }

  takeApps(infos: readonly DesiredLRPSchedulingInfo[]): void {
    this.#apps.clear();
    this.#hasNewApps = true;
    for (const { desired_lrp_key: key, annotation, instances } of infos) {
      this.#putApp({ ...key, annotation, instances });
    }
  }

  /** True: something that is shown has changed. */
  takeEvent(event: StreamedEvent): boolean {
    switch (event.name) {
      case 'desired_lrp_created':
        return this.#putApp(event.message.desired_lrp);
      case 'desired_lrp_changed':
        return this.#putApp(event.message.after);
      case 'desired_lrp_removed':
        this.#hasNewApps = true;
        return this.#apps.delete(event.message.desired_lrp?.process_guid ?? '');
      case 'actual_lrp_instance_created': {
        const row = event.message.actual_lrp;
        return row !== undefined && this.#put(factsOf(row));
      }
      case 'actual_lrp_instance_removed':
        return this.#remove(event.message.actual_lrp);
      case 'actual_lrp_instance_changed': {
        const facts = changedFacts(event);
        return facts !== undefined && this.#put(facts);
      }
      default:
        return false;
    }
  }

  #put(facts: Facts): boolean {
    const { instances: maxInstances, historyEntries } = INSPECTOR_LIMITS;
    const key = keyOf(facts);
    const before = this.#instances.get(key);
    const isUnknown = before === undefined;
    if (isUnknown && (facts.state === ABSENT || this.#instances.size >= maxInstances)) {
      return false;
    }
    const entry: HistoryEntry = {
      wallMs: facts.state === ABSENT ? this.#wallMs() : facts.sinceWallMs,
      from: before?.state ?? ABSENT,
      to: facts.state,
      note: noteOf(facts),
    };
    const isStep = before?.state !== facts.state || before.crashCount !== facts.crashCount;
    const past = before?.history ?? [];
    const history = isStep ? [...past, entry].slice(-historyEntries) : past;
    this.#instances.delete(key);
    this.#instances.set(key, { ...facts, key, history });
    this.#changed.add(key);
    if (facts.state === ABSENT) this.#forgetOldest();
    return true;
  }

  /** A row that starts anew is told as created, then the old one as removed (§2.10). */
  #remove(row: ActualLRP | undefined): boolean {
    if (row === undefined) return false;
    const facts = factsOf(row);
    const current = this.#instances.get(keyOf(facts));
    if (current?.instanceGuid !== facts.instanceGuid) return false;
    return this.#put({ ...facts, state: ABSENT });
  }

  #putApp(own: Desired | undefined): boolean {
    if (own === undefined) return false;
    const { process_guid: processGuid, annotation, domain, instances } = own;
    if (!this.#apps.has(processGuid) && this.#apps.size >= INSPECTOR_LIMITS.apps) return false;
    const name = nameIn(annotation, processGuid);
    this.#apps.set(processGuid, { processGuid, name, domain, instances });
    this.#hasNewApps = true;
    return true;
  }

  #forgetOldest(): void {
    const gone = this.instances.filter(({ state }) => state === ABSENT);
    const surplus = Math.max(0, gone.length - INSPECTOR_LIMITS.goneInstances);
    for (const { key } of gone.slice(0, surplus)) this.#instances.delete(key);
  }
}
