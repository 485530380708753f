/** Which instance an address belongs to (diego.md §11.8). */
export interface Collision {
  /** The instance that was there first. */
  readonly instanceGuidA: string;
  readonly instanceGuidB: string;
  readonly address: string;
}

export class AddressOwners {
  /** By host, then port: half a million texts `host:port` would cost more than the table. */
  readonly #byHost = new Map<string, Map<number, string>>();

  /** The instance that had the address so far, when it is another. */
  claim(host: string, port: number, guid: string): string | undefined {
    let ports = this.#byHost.get(host);
    if (ports === undefined) {
      ports = new Map();
      this.#byHost.set(host, ports);
    }
    const owner = ports.get(port);
    ports.set(port, guid);
    return owner === guid ? undefined : owner;
  }

  /** The owner, when it is another: then it stays. */
  release(host: string, port: number, guid: string): string | undefined {
    const ports = this.#byHost.get(host);
    const owner = ports?.get(port);
    if (ports === undefined || owner !== guid) return owner;
    ports.delete(port);
    if (ports.size === 0) this.#byHost.delete(host);
    return undefined;
  }
}
