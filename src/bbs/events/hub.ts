/** The subscribers of the event streams (diego.md §10). */
import type { MessageType } from '../../model/protobuf/fields.ts';

export type StreamName = 'instance' | 'group' | 'task';

export interface BbsEvent {
  /** As in the `event:` line of the stream. */
  readonly name: string;
  readonly type: MessageType<unknown>;
  readonly message: unknown;
  readonly encoded: Uint8Array;
  /** Cells it is about; undefined: it passes every filter (§10.1). */
  readonly cells: readonly string[] | undefined;
}

export interface Subscriber {
  onEvent(event: BbsEvent): void;
  /** It was too slow, or the hub was closed: nothing comes after this. */
  onEnd(): void;
}

interface Subscription {
  readonly cellId: string;
  readonly subscriber: Subscriber;
}

export class EventHub {
  readonly #streams: Readonly<Record<StreamName, Set<Subscription>>> = {
    instance: new Set(),
    group: new Set(),
    task: new Set(),
  };

  has(stream: StreamName): boolean {
    return this.#streams[stream].size > 0;
  }

  get subscribers(): number {
    return this.#streams.instance.size + this.#streams.group.size + this.#streams.task.size;
  }

  subscribe(stream: StreamName, cellId: string, subscriber: Subscriber): () => void {
    const subscription = { cellId, subscriber };
    this.#streams[stream].add(subscription);
    return () => {
      this.#streams[stream].delete(subscription);
    };
  }

  publish(stream: StreamName, events: readonly BbsEvent[]): void {
    for (const { cellId, subscriber } of this.#streams[stream]) {
      for (const event of events) {
        if (cellId !== '' && event.cells !== undefined && !event.cells.includes(cellId)) continue;
        subscriber.onEvent(event);
      }
    }
  }

  /** Cuts everyone off: they must read the records anew. */
  endAll(): void {
    for (const subscriptions of Object.values(this.#streams)) {
      const all = [...subscriptions];
      subscriptions.clear();
      for (const { subscriber } of all) subscriber.onEnd();
    }
  }
}
