import type { RegistryCounts } from '../../machines/router/router.events.ts';
import { parseRegistryMessage } from '../model/registry-message.ts';
import type { Bus, BusMessage } from '../ports/bus.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { LimitedLog } from './limited-log.ts';
import type { RouterMetrics } from './metrics.ts';
import type { RouteTable } from './table/route-table.ts';

export const INTAKE_LIMITS = {
  /** Messages that may wait; the newest is dropped beyond (gorouter.md §2.4). */
  pendingMessages: 131_072,
  pendingBytes: 131_072 * 1024,
  /** Longest work on messages before requests get their turn. */
  sliceMs: 4,
  /** Refused messages that are logged per second; the others are only counted. */
  rejectionLogsPerSecond: 10,
  /** Lines about one kind of change of the table per second. */
  tableLogsPerSecond: 1000,
  loggedPayloadBytes: 512,
} as const;

/** Messages between two looks at the clock. */
const MESSAGES_PER_CLOCK_LOOK = 64;

interface Pending {
  readonly isRegister: boolean;
  readonly data: Uint8Array;
}

export interface RegistryIntakeOptions {
  readonly bus: Bus;
  readonly table: RouteTable;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: RouterMetrics;
  readonly onGreet: (reply: string) => void;
  readonly onBatch: (counts: RegistryCounts) => void;
  /** Counts of the intake before a restart: sums never go back. */
  readonly before: RegistryCounts | undefined;
  /** Wraps what others call back, so that a bug here crashes the registrar alone. */
  readonly guard: <T extends unknown[]>(fn: (...args: T) => void) => (...args: T) => void;
}

/**
 * Takes `router.*` from the bus into a bounded queue and applies it to the table in slices
 * (DESIGN §6). received = accepted + rejected + dropped once the queue is empty.
 */
export class RegistryIntake {
  readonly #options: RegistryIntakeOptions;
  readonly #rejections: LimitedLog;
  #queue: Pending[] = [];
  #next = 0;
  #pendingBytes = 0;
  #isScheduled = false;
  #isOpen = true;
  #received = 0;
  #accepted = 0;
  #rejected = 0;
  #dropped = 0;

  constructor(options: RegistryIntakeOptions) {
    this.#options = options;
    this.#rejections = new LimitedLog(INTAKE_LIMITS.rejectionLogsPerSecond, options.clock);
    const { before } = options;
    if (before === undefined) return;
    this.#received = before.accepted + before.rejected + before.dropped;
    this.#accepted = before.accepted;
    this.#rejected = before.rejected;
    this.#dropped = before.dropped;
  }

  get counts(): RegistryCounts {
    return {
      received: this.#received,
      accepted: this.#accepted,
      rejected: this.#rejected,
      dropped: this.#dropped,
    };
  }

  get pending(): number {
    return this.#queue.length - this.#next;
  }

  open(): () => void {
    const { bus, guard } = this.#options;
    const unsubscribe = bus.subscribe(
      'router.*',
      guard((message) => this.#take(message)),
    );
    return () => {
      this.#isOpen = false;
      unsubscribe();
    };
  }

  #take(message: BusMessage): void {
    const { subject, data, reply } = message;
    if (subject === 'router.greet') {
      if (reply !== '') this.#options.onGreet(reply);
      return;
    }
    const isRegister = subject === 'router.register';
    if (!isRegister && subject !== 'router.unregister') return;
    this.#received += 1;
    const isFull =
      this.pending >= INTAKE_LIMITS.pendingMessages ||
      this.#pendingBytes + data.length > INTAKE_LIMITS.pendingBytes;
    if (isFull) {
      this.#dropped += 1;
      this.#options.metrics.count('total_dropped_messages');
      return;
    }
    this.#pendingBytes += data.length;
    this.#queue.push({ isRegister, data });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || !this.#isOpen) return;
    this.#isScheduled = true;
    const { clock, guard } = this.#options;
    clock.defer(guard(() => this.#drain()));
  }

  #drain(): void {
    this.#isScheduled = false;
    const { clock, onBatch } = this.#options;
    const untilMs = clock.nowMs() + INTAKE_LIMITS.sliceMs;
    let untilLook = MESSAGES_PER_CLOCK_LOOK;
    while (this.#next < this.#queue.length) {
      this.#apply(this.#queue[this.#next] as Pending);
      this.#next += 1;
      untilLook -= 1;
      if (untilLook > 0) continue;
      untilLook = MESSAGES_PER_CLOCK_LOOK;
      if (clock.nowMs() >= untilMs) break;
    }
    if (this.#next >= this.#queue.length) {
      this.#queue = [];
      this.#next = 0;
    } else if (this.#next > 8192) {
      this.#queue = this.#queue.slice(this.#next);
      this.#next = 0;
    }
    onBatch(this.counts);
    if (this.#queue.length > 0) this.#schedule();
  }

  #apply({ isRegister, data }: Pending): void {
    const { table, clock, metrics } = this.#options;
    this.#pendingBytes -= data.length;
    const parsed = parseRegistryMessage(data);
    if (!parsed.ok) {
      this.#rejected += 1;
      this.#logRejection(isRegister ? 'router.register' : 'router.unregister', parsed.reason, data);
      return;
    }
    this.#accepted += 1;
    const component = parsed.message.tags?.['component'] ?? '';
    metrics.countFor(component, isRegister ? 'registry_message' : 'unregistry_message');
    if (isRegister) table.register(parsed.message, clock.nowMs());
    else table.unregister(parsed.message, clock.nowMs());
  }

  #logRejection(subject: string, error: string, data: Uint8Array): void {
    const { log } = this.#options;
    this.#rejections.add(log.error, 'validation-error', () => {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      const payload = bytes.subarray(0, INTAKE_LIMITS.loggedPayloadBytes).toString('utf8');
      return { error, payload, subject };
    });
  }
}
