import { parseExactJson } from '../../../src/model/receptor/exact-json.ts';
import type { Bus, BusListener } from '../../../src/ports/bus.ts';

export interface Published {
  readonly subject: string;
  readonly text: string;
  readonly reply: string;
  readonly atMs: number;
}

export interface MemoryBus extends Bus {
  isConnected: boolean;
  /** Everything that was published since the last call. */
  take(): Published[];
  readonly count: number;
}

/** A bus in this process; subjects have no wildcards. Messages arrive in a later turn. */
export function createMemoryBus(nowMs: () => number = () => 0): MemoryBus {
  const listeners = new Map<string, Set<BusListener>>();
  let published: Published[] = [];
  return {
    isConnected: true,
    get count() {
      return published.length;
    },
    publish(subject, data, reply = '') {
      if (!this.isConnected) return false;
      const text = Buffer.from(data).toString();
      published.push({ subject, text, reply, atMs: nowMs() });
      for (const listener of listeners.get(subject) ?? []) {
        setImmediate(() => listener({ subject, reply, data: Buffer.from(text) }));
      }
      return true;
    },
    subscribe(subject, listener) {
      const own = listeners.get(subject) ?? new Set();
      listeners.set(subject, own);
      own.add(listener);
      return () => void own.delete(listener);
    },
    take() {
      const taken = published;
      published = [];
      return taken;
    },
  };
}

/** The message, with numbers of 64 bits as text. */
export function messageOf({ text }: Pick<Published, 'text'>): Readonly<Record<string, unknown>> {
  const parsed = parseExactJson(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return JSON.parse(JSON.stringify(parsed.value), (key, value, context?: { source?: string }) =>
    key === 'endpoint_updated_at_ns' ? context?.source : value,
  ) as Readonly<Record<string, unknown>>;
}
