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

/**
 * Of equal calls with equal outcomes that may both come now, the one that is due first comes
 * first: nothing is lost by that, and much need not be searched.
 */
function createTwins(calls: readonly RecordedCall<unknown>[]) {
  const names = calls.map(({ call, outcome }) => `${JSON.stringify(call)} ${outcome}`);
  const dueAt = calls.map(({ outcome, completedAt, invokedAt }) =>
    outcome === undefined ? invokedAt : completedAt,
  );
  const rankOf = (id: number): number => dueAt[id] ?? 0;
  return {
    hasEarlier(head: Entry, { id }: Entry): boolean {
      for (let other = head.next; other?.completion !== undefined; other = other.next) {
        if (names[other.id] === names[id] && rankOf(other.id) < rankOf(id)) return true;
      }
      return false;
    },
  };
}

/** `calls` of one object. A search that takes too long to say gives up. */
export function checkHistory<S, C>(
  recorded: readonly RecordedCall<C>[],
  object: SequentialObject<S, C>,
): Verdict<C> {
  const calls = [...recorded].sort((a, b) => a.invokedAt - b.invokedAt);
  const head = linked(calls);
  const done = new DoneCalls(calls);
  const twins = createTwins(calls);
  const seen = new Set<string>();
  const taken: { readonly entry: Entry; readonly state: S; readonly isFinal: boolean }[] = [];
  let state = object.initial;
  let missing = calls.filter(({ outcome }) => outcome !== undefined).length;
  let deepest = { missing, id: 0 };
  const verdict = (isLegal: boolean, hasGivenUp = false): Verdict<C> => {
    const from = Math.max(0, deepest.id - 12);
    const stuckAt = isLegal ? [] : calls.slice(from, deepest.id + 12);
    return { isLegal, hasGivenUp, stuckAt, visited: seen.size };
  };
  let entry = head.next;
  while (missing > 0) {
    if (seen.size > VISITED_LIMIT) return verdict(false, true);
    if (entry?.completion !== undefined) {
      const own = calls[entry.id] as RecordedCall<C>;
      const { state: next, outcome } = object.step(state, own.call);
      // A call of unknown outcome that changes nothing need not have happened.
      const isTried =
        own.outcome === undefined
          ? object.keyOf(next) !== object.keyOf(state)
          : own.outcome === outcome;
      if (isTried && !twins.hasEarlier(head, entry)) {
        done.add(entry.id);
        const key = `${done.key()}|${object.keyOf(next)}`;
        if (!seen.has(key)) {
          seen.add(key);
          const isFinal = own.outcome !== undefined && object.isReadOnly(own.call, own.outcome);
          taken.push({ entry, state, isFinal });
          state = next;
          unlink(entry);
          unlink(entry.completion);
          if (own.outcome !== undefined) missing -= 1;
          entry = head.next;
          continue;
        }
        done.remove(entry.id);
      }
      entry = entry.next;
      continue;
    }
    if (missing <= deepest.missing) deepest = { missing, id: entry?.id ?? 0 };
    const last = taken.pop();
    if (last === undefined) {
      return verdict(false);
    }
    const { completion } = last.entry;
    if (completion !== undefined) relink(completion);
    relink(last.entry);
    done.remove(last.entry.id);
    if (calls[last.entry.id]?.outcome !== undefined) missing += 1;
    state = last.state;
    // What never changes anything and may come now is in nobody's way: later is no better.
    entry = last.isFinal ? undefined : last.entry.next;
  }
  return verdict(true);
}
