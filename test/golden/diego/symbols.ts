/**
 * Times and epochs stand in the recordings as t1, e1, …: a symbol takes the value that it meets
 * first and must meet the same value from then on. Two epoch symbols are two values.
 */
export class Symbols {
  readonly #values = new Map<string, string>();
  readonly #epochOwners = new Map<string, string>();
  /** Symbols in the order in which they were bound, to take bindings back. */
  readonly #bound: string[] = [];

  static isSymbol(field: string, expected: unknown): expected is string {
    if (typeof expected !== 'string') return false;
    return field === 'epoch' ? /^e\d+$/.test(expected) : /^t\d+$/.test(expected) && isTime(field);
  }

  /** Undefined when the value fits, else what was expected instead. */
  match(symbol: string, actual: unknown): string | undefined {
    const known = this.#values.get(symbol);
    if (known !== undefined) return known === actual ? undefined : `${symbol} = ${known}`;
    if (typeof actual !== 'string' || actual === '' || actual === '0') return symbol;
    if (symbol.startsWith('e')) {
      const owner = this.#epochOwners.get(actual);
      if (owner !== undefined) return `${symbol}, another than ${owner}`;
      this.#epochOwners.set(actual, symbol);
    }
    this.#values.set(symbol, actual);
    this.#bound.push(symbol);
    return undefined;
  }

  valueOf(symbol: string): string | undefined {
    return this.#values.get(symbol);
  }

  mark(): number {
    return this.#bound.length;
  }

  rollBack(mark: number): void {
    for (const symbol of this.#bound.splice(mark)) {
      const value = this.#values.get(symbol);
      this.#values.delete(symbol);
      if (value !== undefined && symbol.startsWith('e')) this.#epochOwners.delete(value);
    }
  }
}

const TIMES: ReadonlySet<string> = new Set([
  'since',
  'created_at',
  'updated_at',
  'first_completed_at',
]);
const isTime = (field: string): boolean => TIMES.has(field);
