import { isArray } from './compare-values.ts';
import { isJsonObject, type Json, type JsonObject } from './message-json.ts';
import { readLines } from './recorded-history.ts';

/** One line of wire.jsonl, as data/README.md §2 describes it. */
export interface WireLine {
  readonly n: number;
  readonly group: string;
  readonly name: string;
  readonly exchanges: readonly WireExchange[];
  readonly streams?: Readonly<Record<string, WireStream>>;
  readonly sent?: string;
  readonly received?: string;
}

export interface WireExchange {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body_hex: string;
  };
  readonly response: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly message_type?: string;
    readonly message?: JsonObject;
    readonly body_text?: string;
    readonly connection_closed?: boolean;
  };
}

export interface WireStream {
  readonly events: readonly {
    readonly id: string;
    readonly event: string;
    readonly message: JsonObject;
  }[];
}

const TIMES = new Set(['since', 'created_at', 'updated_at', 'first_completed_at']);
const shortestEpoch = 10;

/** Puts t1, e1, … in the place of the recorded times and epochs, as the histories have them. */
class Naming {
  readonly #names = new Map<string, string>();

  replaceIn(value: Json, field = ''): Json {
    if (isArray(value)) return value.map((item) => this.replaceIn(item, field));
    if (isJsonObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [name, this.replaceIn(item, name)]),
      );
    }
    if (typeof value !== 'string') return value;
    if (TIMES.has(field) && value !== '0') return this.#nameOf('t', value);
    if (field === 'epoch' && value.length >= shortestEpoch) return this.#nameOf('e', value);
    return value;
  }

  #nameOf(kind: string, value: string): string {
    const known = this.#names.get(value) ?? `${kind}${this.#names.size + 1}`;
    this.#names.set(value, known);
    return known;
  }
}

export function loadWire(): WireLine[] {
  const naming = new Naming();
  return readLines('wire.jsonl').map((line) => naming.replaceIn(line as Json) as never);
}
