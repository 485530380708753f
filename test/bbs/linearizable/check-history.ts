/**
 * Is there an order of the calls, each at one moment between its invocation and its completion,
 * in which a sequential object gives the same answers? The search of Wing and Gong (1993) with
 * the memory of Lowe (2017): a set of calls done and a state are tried once.
 */
export interface RecordedCall<C> {
  readonly call: C;
  /** Places in one order of all invocations and completions. */
  readonly invokedAt: number;
  readonly completedAt: number;
  /** Undefined: nobody knows. Then it happened at any time after the invocation, or never. */
  readonly outcome: string | undefined;
}

export interface SequentialObject<S, C> {
  readonly initial: S;
  step(state: S, call: C): { readonly state: S; readonly outcome: string };
  /** Whether a call that has this outcome changes nothing, whatever the state was. */
  isReadOnly(call: C, outcome: string): boolean;
  /** Equal for equal states. */
  keyOf(state: S): string;
}

export interface Verdict<C> {
  readonly isLegal: boolean;
  /** Too many orders to try: neither legal nor illegal. */
  readonly hasGivenUp: boolean;
  /** Of illegal histories: the calls around the place that no order gets beyond. */
  readonly stuckAt: readonly RecordedCall<C>[];
  readonly visited: number;
}

interface Entry {
  readonly id: number;
  /** The completion of the call; undefined: this entry is a completion. */
  readonly completion: Entry | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
}

const VISITED_LIMIT = 1_000_000;

/** All invocations and completions in order, behind a head of its own. */
function linked<C>(calls: readonly RecordedCall<C>[]): Entry {
  const timed: { readonly at: number; readonly entry: Entry }[] = [];
  calls.forEach(({ invokedAt, completedAt, outcome }, id) => {
    const links = { id, previous: undefined, next: undefined };
    const completion: Entry = { ...links, completion: undefined };
    timed.push({ at: invokedAt, entry: { ...links, completion } });
    const at = outcome === undefined ? Number.POSITIVE_INFINITY : completedAt;
    timed.push({ at, entry: completion });
  });
  timed.sort((a, b) => (a.at === b.at ? 0 : a.at - b.at));
  const head: Entry = { id: -1, completion: undefined, previous: undefined, next: undefined };
  let last = head;
  for (const { entry } of timed) {
    last.next = entry;
    entry.previous = last;
    last = entry;
  }
  return head;
}

function unlink(entry: Entry): void {
  if (entry.previous !== undefined) entry.previous.next = entry.next;
  if (entry.next !== undefined) entry.next.previous = entry.previous;
}

function relink(entry: Entry): void {
  if (entry.previous !== undefined) entry.previous.next = entry;
  if (entry.next !== undefined) entry.next.previous = entry;
}

/** Takes a call and its completion out of the list. */
function lift(entry: Entry): void {
  unlink(entry);
  if (entry.completion !== undefined) unlink(entry.completion);
}

/** Puts both back; calls come back in the reverse order. */
function restore(entry: Entry): void {
  if (entry.completion !== undefined) relink(entry.completion);
  relink(entry);
}

/** Which calls are done, and a short text that says so. */
class DoneCalls {
  readonly #isDone: boolean[];
  readonly #unknown: readonly number[];
  readonly #isUnknown: readonly boolean[];
  #low = 0;
  #high = -1;

  constructor(calls: readonly RecordedCall<unknown>[]) {
    this.#isDone = calls.map(() => false);
    this.#isUnknown = calls.map(({ outcome }) => outcome === undefined);
    this.#unknown = [...calls.keys()].filter((id) => this.#isUnknown[id]);
  }

  add(id: number): void {
    this.#isDone[id] = true;
    this.#high = Math.max(this.#high, id);
    const { length } = this.#isDone;
    while (this.#low < length && (this.#isDone[this.#low] || this.#isUnknown[this.#low])) {
      this.#low += 1;
    }
  }

  remove(id: number): void {
    this.#isDone[id] = false;
    this.#low = Math.min(this.#low, id);
    while (this.#high >= 0 && !this.#isDone[this.#high]) this.#high -= 1;
  }

  /** All known calls below `low` are done: only what differs from that is named. */
  key(): string {
    const parts = [`${this.#low}`];
    for (let id = this.#low; id <= this.#high; id += 1) if (this.#isDone[id]) parts.push(`${id}`);
    for (const id of this.#unknown) {
      if (id < this.#low && this.#isDone[id]) parts.push(`?${id}`);
    }
    return parts.join(',');
  }
}

/** Calls as the server most likely did them: in the order of its answers. */
function likelyOrder(calls: readonly RecordedCall<unknown>[]): readonly number[] {
  const known = calls.filter(({ outcome }) => outcome !== undefined);
  const spans = known.map(({ invokedAt, completedAt }) => completedAt - invokedAt);
  const meanSpan = spans.reduce((sum, span) => sum + span, 0) / Math.max(1, spans.length);
  return calls.map(({ invokedAt, completedAt, outcome }) =>
    outcome === undefined ? invokedAt + meanSpan : completedAt,
  );
}

/**
 * The calls that may come next. Of equal calls with equal outcomes only the one that is due first:
 * nothing is lost by that, and much need not be searched.
 */
function createCandidates(calls: readonly RecordedCall<unknown>[], head: Entry) {
  const names = calls.map(({ call, outcome }) => `${JSON.stringify(call)} ${outcome}`);
  const ranks = likelyOrder(calls);
  const rankOf = ({ id }: Entry): number => ranks[id] ?? 0;
  return (): Entry[] => {
    const found = new Map<string, Entry>();
    for (let entry = head.next; entry?.completion !== undefined; entry = entry.next) {
      const name = names[entry.id] ?? '';
      const twin = found.get(name);
      if (twin === undefined || rankOf(entry) < rankOf(twin)) found.set(name, entry);
    }
    return [...found.values()].sort((a, b) => rankOf(a) - rankOf(b));
  };
}

interface Frame<S> {
  readonly state: S;
  /** What was done to get here. */
  readonly entry: Entry | undefined;
  /** What may come next and was not tried, the last one first. */
  candidates: Entry[];
}

/** What the call leads to, if it can have had its outcome then. */
function mayBe<S, C>(object: SequentialObject<S, C>, state: S, own: RecordedCall<C>) {
  const next = object.step(state, own.call);
  if (own.outcome !== undefined) return own.outcome === next.outcome ? next : undefined;
  // A call of unknown outcome that changes nothing need not have happened.
  return object.keyOf(next.state) === object.keyOf(state) ? undefined : next;
}

/** `calls` of one object. A search that takes too long to say gives up. */
export function checkHistory<S, C>(
  recorded: readonly RecordedCall<C>[],
  object: SequentialObject<S, C>,
): Verdict<C> {
  const calls = [...recorded].sort((a, b) => a.invokedAt - b.invokedAt);
  const head = linked(calls);
  const done = new DoneCalls(calls);
  const candidates = createCandidates(calls, head);
  const frameOf = (state: S, entry: Entry | undefined): Frame<S> => ({
    state,
    entry,
    candidates: candidates().reverse(),
  });
  const seen = new Set<string>();
  const frames = [frameOf(object.initial, undefined)];
  const outcomeOf = ({ id }: Entry) => calls[id]?.outcome;
  let missing = calls.filter(({ outcome }) => outcome !== undefined).length;
  let [fewest, stuckId] = [missing, 0];

  const isReadOnly = ({ id }: Entry): boolean => {
    const { call, outcome } = calls[id] as RecordedCall<C>;
    return outcome !== undefined && object.isReadOnly(call, outcome);
  };
  const undo = (entry: Entry): void => {
    restore(entry);
    done.remove(entry.id);
    if (outcomeOf(entry) !== undefined) missing += 1;
  };
  /** The state after the call, if it may come now and was not tried before. */
  const tried = (state: S, { id }: Entry): { readonly state: S } | undefined => {
    const next = mayBe(object, state, calls[id] as RecordedCall<C>);
    if (next === undefined) return undefined;
    done.add(id);
    const name = `${done.key()}|${object.keyOf(next.state)}`;
    if (!seen.has(name)) {
      seen.add(name);
      return next;
    }
    done.remove(id);
    return undefined;
  };
  const verdict = (isLegal: boolean, hasGivenUp = false): Verdict<C> => {
    const stuckAt = isLegal ? [] : calls.slice(Math.max(0, stuckId - 12), stuckId + 12);
    return { isLegal, hasGivenUp, stuckAt, visited: seen.size };
  };

  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    if (missing === 0) return verdict(true);
    if (seen.size > VISITED_LIMIT) return verdict(false, true);
    const entry = frame.candidates.pop();
    if (entry === undefined) {
      if (missing < fewest) [fewest, stuckId] = [missing, head.next?.id ?? 0];
      frames.pop();
      if (frame.entry !== undefined) undo(frame.entry);
      continue;
    }
    const next = tried(frame.state, entry);
    if (next === undefined) continue;
    const outcome = outcomeOf(entry);
    // What never changes anything and may come now is in nobody's way: later is no better.
    if (isReadOnly(entry)) frame.candidates = [];
    lift(entry);
    if (outcome !== undefined) missing -= 1;
    frames.push(frameOf(next.state, entry));
  }
  return verdict(false);
}
