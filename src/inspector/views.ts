/** What the inspector tells the page, as JSON. The page imports these types. */

/** One actor of the supervision tree. */
export interface ActorView {
  readonly name: string;
  /** Id of its machine; empty while it does not run. */
  readonly machine: string;
  readonly status: string;
  readonly state: unknown;
  readonly restarts: number;
  readonly uptimeMs: number;
  readonly mailboxDepth: number;
  readonly lastError: string;
  /** Stack of the last crash, with its causes. */
  readonly stack: string;
  readonly children: readonly ActorView[];
}

export interface RecordView {
  readonly sequence: number;
  /** Monotonic, as `nowMs` of the greeting. */
  readonly atMs: number;
  readonly kind: string;
  readonly actor: string;
  readonly eventType: string;
  readonly detail?: unknown;
}

export interface HistoryEntry {
  /** Unix time. */
  readonly wallMs: number;
  readonly from: string;
  readonly to: string;
  readonly note: string;
}

/** A row of the BBS: an ORDINARY, an EVACUATING or a SUSPECT instance. */
export interface InstanceView {
  readonly key: string;
  readonly processGuid: string;
  readonly index: number;
  readonly presence: string;
  /** As the actual-lrp machine names it; `absent`: it is gone. */
  readonly state: string;
  readonly instanceGuid: string;
  readonly cellId: string;
  readonly crashCount: number;
  readonly crashReason: string;
  readonly placementError: string;
  readonly sinceWallMs: number;
  readonly history: readonly HistoryEntry[];
}

/** A desired LRP. */
export interface AppView {
  readonly processGuid: string;
  /** From the annotation of the command line, else the guid. */
  readonly name: string;
  readonly domain: string;
  readonly instances: number;
}

export interface LrpsView {
  /** Empty: all is well. */
  readonly problem: string;
  /** False: there are more than are shown. */
  readonly isComplete: boolean;
  readonly apps: readonly AppView[];
  readonly instances: readonly InstanceView[];
}

export interface CapacityView {
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly containers: number;
}

export interface CellView {
  readonly cellId: string;
  readonly zone: string;
  readonly address: string;
  readonly isSilent: boolean;
  readonly isEvacuating: boolean;
  readonly total: CapacityView;
  readonly free: CapacityView | undefined;
  readonly lrps: number;
  readonly tasks: number;
}

export interface EndpointView {
  readonly address: string;
  readonly instanceId: string;
  readonly isFailed: boolean;
  /** Since the last registration. */
  readonly ageMs: number;
}

export interface RoutesView {
  readonly total: number;
  readonly matches: number;
  readonly routes: readonly {
    readonly key: string;
    readonly endpoints: readonly EndpointView[];
  }[];
  /** What the router counts, as `/varz` has it. */
  readonly figures: unknown;
}

export interface DeadLettersView {
  readonly counts: Readonly<Record<string, number>>;
  readonly recent: readonly {
    readonly atMs: number;
    readonly to: string;
    readonly eventType: string;
    readonly reason: string;
  }[];
}

export interface EventsView {
  /** Records from this one on are still kept. */
  readonly oldest: number;
  readonly last: number;
  /** Asked for and not kept any more. */
  readonly dropped: number;
  readonly nowMs: number;
  readonly wallMs: number;
  readonly records: readonly RecordView[];
}

/** What comes over the WebSocket, one JSON text each. */
export type Frame =
  | {
      readonly type: 'hello';
      readonly oldest: number;
      readonly last: number;
      readonly nowMs: number;
      readonly wallMs: number;
    }
  | { readonly type: 'records'; readonly records: readonly RecordView[]; readonly dropped: number }
  | {
      readonly type: 'tree';
      readonly tree: ActorView;
      readonly deadLetters: Readonly<Record<string, number>>;
    }
  | { readonly type: 'instances'; readonly instances: readonly InstanceView[] }
  | { readonly type: 'lrps'; readonly lrps: LrpsView };
