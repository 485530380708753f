/** Unregistrations that are sent again, since a lost one leaves a route to nowhere (§11.7). */
import type { OutgoingMessage } from './registry-messages.ts';

interface Entry {
  readonly outgoing: OutgoingMessage;
  sendsLeft: number;
}

const keyOf = ({ message }: OutgoingMessage): string => {
  const { host, port, tls_port = 0, uris, protocol = '' } = message;
  return `${host}|${port}|${tls_port}|${uris.join(',')}|${protocol}`;
};

export class UnregistrationCache {
  readonly #entries = new Map<string, Entry>();
  readonly #limit: number;
  readonly #sendCount: number;

  constructor(limit: number, sendCount: number) {
    this.#limit = limit;
    this.#sendCount = sendCount;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Adding again restarts the count. False: full. */
  add(outgoing: OutgoingMessage): boolean {
    const key = keyOf(outgoing);
    if (this.#sendCount === 0) return true;
    if (this.#entries.size >= this.#limit && !this.#entries.has(key)) return false;
    this.#entries.set(key, { outgoing, sendsLeft: this.#sendCount });
    return true;
  }

  /** It was registered again. */
  remove(registration: OutgoingMessage): void {
    if (this.#entries.size > 0) this.#entries.delete(keyOf(registration));
  }

  /** All that is due now; what was sent often enough leaves. */
  take(): readonly OutgoingMessage[] {
    const due: OutgoingMessage[] = [];
    for (const [key, entry] of this.#entries) {
      due.push(entry.outgoing);
      entry.sendsLeft -= 1;
      if (entry.sendsLeft <= 0) this.#entries.delete(key);
    }
    return due;
  }
}
