import type { Compare, Operation, Transaction } from '../../../src/ports/store.ts';
import { text } from './kit.ts';

interface Cell {
  readonly key: string;
  readonly value: string;
  readonly created: number;
  readonly changed: number;
  readonly version: number;
}

type State = ReadonlyMap<string, Cell>;

interface Answer {
  readonly succeeded: boolean;
  readonly revision: number;
  readonly answers: readonly string[];
}

const say = (cell: Cell | undefined): string =>
  cell === undefined
    ? 'none'
    : `${cell.key}=${cell.value} c${cell.created} m${cell.changed} v${cell.version}`;

const sorted = (keys: Iterable<string>): string[] =>
  [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

function overlaps(operations: readonly Operation[]): boolean {
  const puts = operations.flatMap((own) => (own.type === 'put' ? [own.key] : []));
  return operations.some((own) => {
    if (own.type === 'put') return puts.filter((key) => key === own.key).length > 1;
    if (own.type === 'delete') return puts.includes(own.key);
    return own.type === 'deletePrefix' && puts.some((key) => key.startsWith(own.prefix));
  });
}

/** The store as simple as can be: a copy of everything for each revision. */
export class ModelStore {
  readonly #states: State[] = [new Map()];
  readonly events: { readonly revision: number; readonly events: readonly string[] }[] = [];

  get revision(): number {
    return this.#states.length - 1;
  }

  listAt(revision: number): string[] {
    const state = this.#states[revision] ?? new Map<string, Cell>();
    return sorted(state.keys()).map((key) => say(state.get(key)));
  }

  txn({ compare = [], success, failure = [] }: Transaction): Answer | 'invalid' {
    if (overlaps(success) || overlaps(failure)) return 'invalid';
    const state = new Map(this.#states.at(-1));
    const succeeded = compare.every((own) => this.#holds(own, state.get(own.key)));
    const events: string[] = [];
    const remove = (key: string): number => {
      const cell = state.get(key);
      if (!state.delete(key)) return 0;
      events.push(`${key} gone was ${cell?.value}`);
      return 1;
    };
    const answers = (succeeded ? success : failure).map((own) => {
      if (own.type === 'get') return say(state.get(own.key));
      if (own.type === 'delete') return `deleted ${remove(own.key)}`;
      if (own.type === 'deletePrefix') {
        const keys = sorted(state.keys()).filter((key) => key.startsWith(own.prefix));
        return `deleted ${keys.map(remove).length}`;
      }
      events.push(this.#put(state, own.key, text(own.value) ?? ''));
      return 'put';
    });
    if (events.length > 0) {
      this.#states.push(state);
      this.events.push({ revision: this.revision, events });
    }
    return { succeeded, revision: this.revision, answers };
  }

  #put(state: Map<string, Cell>, key: string, value: string): string {
    const previous = state.get(key);
    const changed = this.revision + 1;
    const created = previous?.created ?? changed;
    state.set(key, { key, value, created, changed, version: (previous?.version ?? 0) + 1 });
    return previous === undefined ? `${key}=${value}` : `${key}=${value} was ${previous.value}`;
  }

  #holds(compare: Compare, cell: Cell | undefined): boolean {
    if ('exists' in compare) return compare.exists === (cell !== undefined);
    if ('modRevision' in compare) return compare.modRevision === (cell?.changed ?? 0);
    return compare.createRevision === (cell?.created ?? 0);
  }
}
