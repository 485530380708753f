import { hasWildcard, isValidFilter } from './subjects.ts';

/** What is found by subject: a client's subscription, an entry of a permission list. */
export interface SublistEntry {
  readonly subject: string;
  /** Empty for a plain entry. */
  readonly queue: string;
}

export interface MatchResult<Entry> {
  readonly plain: readonly Entry[];
  /** One list per queue name. A name's members from all matching filters share one list. */
  readonly queues: readonly (readonly Entry[])[];
}

export interface SublistStats {
  readonly count: number;
  readonly cacheSize: number;
  readonly inserts: number;
  readonly removes: number;
  readonly matches: number;
  readonly cacheHits: number;
}

interface Node<Entry> {
  readonly plain: Set<Entry>;
  readonly queues: Map<string, Set<Entry>>;
  next: Level<Entry> | undefined;
}

interface Level<Entry> {
  readonly literals: Map<string, Node<Entry>>;
  /** The node of `*`. */
  star: Node<Entry> | undefined;
  /** The node of `>`. */
  rest: Node<Entry> | undefined;
}

interface Collected<Entry> {
  readonly plain: Entry[];
  readonly queues: Map<string, Entry[]>;
}

/** nats-server keeps 1024 results and sheds a part of them when full (cfv1.md §10.6). */
const CACHE_ENTRIES_MAX = 1024;
const CACHE_ENTRIES_SHED = 256;

/**
 * Who is interested in a subject: a trie with one level per token, and a bounded cache of results
 * in front. A result never changes once it was handed out.
 */
export class Sublist<Entry extends SublistEntry> {
  readonly #root: Level<Entry> = newLevel();
  readonly #cache = new Map<string, MatchResult<Entry>>();
  #count = 0;
  #inserts = 0;
  #removes = 0;
  #matches = 0;
  #cacheHits = 0;

  /** False: the subject is not a valid filter, and nothing was inserted. */
  insert(entry: Entry): boolean {
    if (!isValidFilter(entry.subject)) return false;
    let level = this.#root;
    let node: Node<Entry> | undefined;
    for (const token of entry.subject.split('.')) {
      if (node !== undefined) {
        node.next ??= newLevel();
        level = node.next;
      }
      node = childOf(level, token) ?? addChild(level, token);
    }
    if (node === undefined) return false;
    membersOf(node, entry.queue).add(entry);
    this.#count += 1;
    this.#inserts += 1;
    this.#invalidate(entry.subject);
    return true;
  }

  /** False: the entry was not there. */
  remove(entry: Entry): boolean {
    const tokens = entry.subject.split('.');
    if (!removeBelow(this.#root, tokens, 0, entry)) return false;
    this.#count -= 1;
    this.#removes += 1;
    this.#invalidate(entry.subject);
    return true;
  }

  /** A subject with an empty token matches nothing. Wildcards in it are plain text. */
  match(subject: string): MatchResult<Entry> {
    this.#matches += 1;
    const known = this.#cache.get(subject);
    if (known !== undefined) {
      this.#cacheHits += 1;
      return known;
    }
    const result = this.#lookUp(subject);
    if (this.#cache.size >= CACHE_ENTRIES_MAX) this.#shed();
    this.#cache.set(subject, result);
    return result;
  }

  stats(): SublistStats {
    return {
      count: this.#count,
      cacheSize: this.#cache.size,
      inserts: this.#inserts,
      removes: this.#removes,
      matches: this.#matches,
      cacheHits: this.#cacheHits,
    };
  }

  #lookUp(subject: string): MatchResult<Entry> {
    const found: Collected<Entry> = { plain: [], queues: new Map() };
    const tokens = subject.split('.');
    if (!tokens.includes('')) collect(this.#root, tokens, 0, found);
    return { plain: found.plain, queues: [...found.queues.values()] };
  }

  /** A literal filter touches one result only; inboxes come and go all the time. */
  #invalidate(filter: string): void {
    if (hasWildcard(filter)) this.#cache.clear();
    else this.#cache.delete(filter);
  }

  #shed(): void {
    let left = CACHE_ENTRIES_SHED;
    for (const subject of this.#cache.keys()) {
      if (left === 0) return;
      this.#cache.delete(subject);
      left -= 1;
    }
  }
}

function newLevel<Entry>(): Level<Entry> {
  return { literals: new Map(), star: undefined, rest: undefined };
}

function childOf<Entry>(level: Level<Entry>, token: string): Node<Entry> | undefined {
  if (token === '*') return level.star;
  if (token === '>') return level.rest;
  return level.literals.get(token);
}

function addChild<Entry>(level: Level<Entry>, token: string): Node<Entry> {
  const node: Node<Entry> = { plain: new Set(), queues: new Map(), next: undefined };
  if (token === '*') level.star = node;
  else if (token === '>') level.rest = node;
  else level.literals.set(token, node);
  return node;
}

function dropChild<Entry>(level: Level<Entry>, token: string): void {
  if (token === '*') level.star = undefined;
  else if (token === '>') level.rest = undefined;
  else level.literals.delete(token);
}

function membersOf<Entry>(node: Node<Entry>, queue: string): Set<Entry> {
  if (queue === '') return node.plain;
  let members = node.queues.get(queue);
  if (members === undefined) {
    members = new Set();
    node.queues.set(queue, members);
  }
  return members;
}

function isEmptyLevel<Entry>(level: Level<Entry>): boolean {
  return level.literals.size === 0 && level.star === undefined && level.rest === undefined;
}

/** Takes the entry out and, on the way back, every node that this left empty. */
function removeBelow<Entry extends SublistEntry>(
  level: Level<Entry>,
  tokens: readonly string[],
  depth: number,
  entry: Entry,
): boolean {
  const token = tokens[depth];
  const node = token === undefined ? undefined : childOf(level, token);
  if (token === undefined || node === undefined) return false;
  if (depth === tokens.length - 1) {
    if (!membersOf(node, entry.queue).delete(entry)) return false;
    if (node.queues.get(entry.queue)?.size === 0) node.queues.delete(entry.queue);
  } else {
    if (node.next === undefined || !removeBelow(node.next, tokens, depth + 1, entry)) return false;
    if (isEmptyLevel(node.next)) node.next = undefined;
  }
  const isEmpty = node.plain.size === 0 && node.queues.size === 0 && node.next === undefined;
  if (isEmpty) dropChild(level, token);
  return true;
}

/** The order (`>`, then `*`, then the literal) is the one in which nats-server delivers. */
function collect<Entry>(
  level: Level<Entry>,
  tokens: readonly string[],
  depth: number,
  found: Collected<Entry>,
): void {
  const token = tokens[depth];
  if (token === undefined) return;
  const literal = level.literals.get(token);
  if (level.rest !== undefined) addNode(level.rest, found);
  if (depth === tokens.length - 1) {
    if (literal !== undefined) addNode(literal, found);
    if (level.star !== undefined) addNode(level.star, found);
    return;
  }
  if (level.star?.next !== undefined) collect(level.star.next, tokens, depth + 1, found);
  if (literal?.next !== undefined) collect(literal.next, tokens, depth + 1, found);
}

function addNode<Entry>(node: Node<Entry>, found: Collected<Entry>): void {
  for (const entry of node.plain) found.plain.push(entry);
  for (const [queue, members] of node.queues) {
    const list = found.queues.get(queue);
    if (list === undefined) found.queues.set(queue, [...members]);
    else list.push(...members);
  }
}
