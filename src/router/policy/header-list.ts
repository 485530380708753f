/**
 * Header lines in order, with repeated names kept apart: Node's own header objects join or drop
 * duplicates, and that is how requests get smuggled (gorouter.md §12 row 2).
 */
export class HeaderList {
  readonly names: string[] = [];
  /** The names in lower case, at the same places. */
  readonly keys: string[] = [];
  readonly values: string[] = [];

  /** From Node's flat `[name, value, name, value]`. */
  static fromRaw(raw: readonly string[]): HeaderList {
    const list = new HeaderList();
    for (let index = 0; index + 1 < raw.length; index += 2) {
      list.append(raw[index] as string, raw[index + 1] as string);
    }
    return list;
  }

  /** A copy that can be changed apart. */
  clone(): HeaderList {
    const copy = new HeaderList();
    // Not by spreading: a hostile head may have more lines than a call takes arguments.
    for (let index = 0; index < this.names.length; index += 1) {
      copy.names.push(this.names[index] as string);
      copy.keys.push(this.keys[index] as string);
      copy.values.push(this.values[index] as string);
    }
    return copy;
  }

  get length(): number {
    return this.keys.length;
  }

  append(name: string, value: string): void {
    this.names.push(name);
    this.keys.push(name.toLowerCase());
    this.values.push(value);
  }

  /** The first value; undefined when the header is absent. `key` is lower case. */
  get(key: string): string | undefined {
    const index = this.keys.indexOf(key);
    return index === -1 ? undefined : this.values[index];
  }

  has(key: string): boolean {
    return this.keys.includes(key);
  }

  all(key: string): string[] {
    const found: string[] = [];
    for (let index = 0; index < this.keys.length; index += 1) {
      if (this.keys[index] === key) found.push(this.values[index] as string);
    }
    return found;
  }

  count(key: string): number {
    let count = 0;
    for (const own of this.keys) if (own === key) count += 1;
    return count;
  }

  /** One line with this value, in place of all lines of that name. */
  set(name: string, value: string): void {
    const key = name.toLowerCase();
    const index = this.keys.indexOf(key);
    if (index === -1) {
      this.append(name, value);
      return;
    }
    this.values[index] = value;
    this.#removeFrom(key, index + 1);
  }

  remove(key: string): void {
    this.#removeFrom(key, 0);
  }

  #removeFrom(key: string, start: number): void {
    let index = this.keys.indexOf(key, start);
    while (index !== -1) {
      this.names.splice(index, 1);
      this.keys.splice(index, 1);
      this.values.splice(index, 1);
      index = this.keys.indexOf(key, index);
    }
  }

  toRaw(): string[] {
    const raw: string[] = [];
    for (let index = 0; index < this.names.length; index += 1) {
      raw.push(this.names[index] as string, this.values[index] as string);
    }
    return raw;
  }
}
