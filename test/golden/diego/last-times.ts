import type { Difference } from './compare-values.ts';
import type { JsonObject } from './message-json.ts';
import { Symbols } from './symbols.ts';

/** Which time symbol stood last in a field of a record: another one must be newer. */
export class LastTimes {
  readonly #symbols = new Map<string, string>();

  compare(record: string, expected: JsonObject, symbols: Symbols): Difference[] {
    const differences: Difference[] = [];
    for (const [field, value] of Object.entries(expected)) {
      if (!Symbols.isSymbol(field, value)) continue;
      const path = `${record}.${field}`;
      const before = this.#symbols.get(path);
      this.#symbols.set(path, value);
      if (before === undefined || !isNewer(value, before)) continue;
      const [was, is] = [symbols.valueOf(before), symbols.valueOf(value)];
      if (was !== undefined && is !== undefined && BigInt(is) <= BigInt(was)) {
        differences.push({ path, expected: `later than ${was}`, actual: is });
      }
    }
    return differences;
  }
}

/** Symbols are numbered as they appear; one that is copied from elsewhere may be older. */
const isNewer = (symbol: string, before: string): boolean =>
  Number(symbol.slice(1)) > Number(before.slice(1));
