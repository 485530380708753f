import type { Socket } from 'node:net';
import type { Timer } from '../../ports/clock.ts';
import { type BrokerCore, newTraffic, type Subscription } from './broker-core.ts';
import { ClientOperations } from './client-operations.ts';
import { CONNECT_DEFAULTS, type ConnectOptions } from './connect-options.ts';
import { type CloseReason, ERROR_TEXT } from './errors.ts';
import { KeepAlive } from './keep-alive.ts';
import { Outbox } from './outbox.ts';
import type { Permissions } from './permissions.ts';
import { ProtocolParser } from './protocol-parser.ts';
import { WriteDeadline } from './write-deadline.ts';

/** Above this share of `maxPendingBytes` the publishers are slowed down (cfv1.md §10.7). */
const STALL_SHARE = 0.75;
const STALL_MS = 5;
/** So much is written at once even within a turn; the kernel takes it while others are parsed. */
const EARLY_FLUSH_BYTES = 1_048_576;

/** One client: its socket, its output, its timers, its subscriptions. */
export class ClientConnection {
  readonly id: number;
  readonly startedWallMs: number;
  readonly traffic = newTraffic();
  readonly subscriptions = new Map<string, Subscription>();
  readonly keepAlive: KeepAlive;
  readonly remoteAddress: string;
  readonly remotePort: number;
  connect: ConnectOptions = { ...CONNECT_DEFAULTS };
  permissions: Permissions | undefined;
  authorizedUser = '';
  isAwaitingAuth: boolean;
  lastActivityWallMs: number;
  isFlushRequested = false;

  readonly #core: BrokerCore;
  readonly #outbox = new Outbox();
  readonly #parser: ProtocolParser;
  readonly #writeDeadline: WriteDeadline;
  #socket: Socket;
  #authTimer: Timer | undefined;
  #lingerTimer: Timer | undefined;
  #stallTimer: Timer | undefined;
  #isClosed = false;

  constructor(core: BrokerCore, socket: Socket, id: number) {
    this.#core = core;
    this.#socket = socket;
    this.id = id;
    this.remoteAddress = socket.remoteAddress ?? '';
    this.remotePort = socket.remotePort ?? 0;
    this.startedWallMs = core.clock.wallMs();
    this.lastActivityWallMs = this.startedWallMs;
    this.isAwaitingAuth = core.authenticator.isRequired;
    const operations = new ClientOperations(core, this);
    this.#parser = new ProtocolParser(operations, core.options.maxControlLineBytes);
    this.keepAlive = new KeepAlive(core, this);
    this.#writeDeadline = new WriteDeadline(core, this);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Bytes that were produced for the client and not yet taken by the kernel. */
  get pendingBytes(): number {
    return this.#outbox.bytes + this.#socket.writableLength;
  }

  get unwrittenBytes(): number {
    return this.#socket.writableLength;
  }

  /** `socket` is not the accepted one when TLS was put on top of it. */
  start(socket: Socket): void {
    this.#socket = socket;
    if (socket.destroyed) return;
    socket.on('data', (chunk: Buffer) => this.#core.guard(this, () => this.#read(chunk)));
    socket.on('end', () => this.#core.guard(this, () => this.close('Client Closed')));
    if (this.#isClosed) return;
    this.keepAlive.start();
    if (this.isAwaitingAuth) {
      this.#authTimer = this.#core.clock.setTimeout(() => {
        this.#core.guard(this, () =>
          this.close('Authentication Timeout', ERROR_TEXT.authenticationTimeout),
        );
      }, this.#core.options.authTimeoutMs);
    }
  }

  authenticated(): void {
    this.isAwaitingAuth = false;
    this.#core.clock.clearTimeout(this.#authTimer);
    this.#authTimer = undefined;
  }

  send(text: string): void {
    if (this.#isClosed) return;
    this.#outbox.addText(text);
    this.#afterAdding();
  }

  sendError(text: string): void {
    this.send(`-ERR '${text}'\r\n`);
  }

  sendMessage(head: string, payload: Buffer): void {
    if (this.#isClosed) return;
    this.#outbox.addText(head);
    this.#outbox.addBytes(payload);
    this.#outbox.addText('\r\n');
    this.#afterAdding();
  }

  /** Whether who sends to this client should be slowed down. */
  get isNearlyFull(): boolean {
    return this.pendingBytes > this.#core.options.maxPendingBytes * STALL_SHARE;
  }

  /** Reads nothing more for a moment, so that the subscribers can catch up. */
  stall(): void {
    if (this.#stallTimer !== undefined || this.#isClosed) return;
    this.#core.counters.stalls += 1;
    this.#socket.pause();
    this.#stallTimer = this.#core.clock.setTimeout(() => {
      this.#stallTimer = undefined;
      this.#socket.resume();
    }, STALL_MS);
  }

  flush(): void {
    if (this.#outbox.bytes === 0 || this.#socket.destroyed) return;
    const parts = this.#outbox.take();
    const last = parts.pop();
    if (last === undefined) return;
    this.#socket.cork();
    for (const part of parts) this.#socket.write(part);
    this.#socket.write(last, () => this.#writeDeadline.progressed());
    this.#socket.uncork();
    if (this.#socket.writableLength > 0) this.#writeDeadline.watch();
  }

  /** Sends what is pending, with the error as the last word, and ends the connection. */
  close(reason: CloseReason, errorText?: string): void {
    if (this.#isClosed) return;
    if (errorText !== undefined) this.sendError(errorText);
    // The error may have been one too many for the client's pending bytes.
    if (this.#isClosed) return;
    this.#leave(reason);
    this.flush();
    this.#socket.end();
    // What still comes in is read and dropped: a reset could overtake the -ERR.
    this.#socket.resume();
    this.#lingerTimer = this.#core.clock.setTimeout(
      () => this.#socket.destroy(),
      this.#core.options.closeGraceMs,
    );
  }

  /** Ends the connection at once; what is pending is dropped. */
  cut(reason: CloseReason): void {
    if (!this.#isClosed) this.#leave(reason);
    this.#socket.destroy();
  }

  cutSlowConsumer(
    reason: 'Slow Consumer (Pending Bytes)' | 'Slow Consumer (Write Deadline)',
  ): void {
    if (!this.#isClosed) {
      this.#core.counters.slowConsumers += 1;
      const data = { client: this.id, reason, pendingBytes: this.pendingBytes };
      this.#core.log.warn('broker-slow-consumer', data);
    }
    this.cut(reason);
  }

  /** The socket is gone for good. */
  released(): void {
    if (!this.#isClosed) this.#leave('Client Closed');
    this.#writeDeadline.stop();
    this.#core.clock.clearTimeout(this.#lingerTimer);
  }

  #read(chunk: Buffer): void {
    if (this.#isClosed) return;
    this.#parser.parse(chunk);
    this.keepAlive.settle();
  }

  #afterAdding(): void {
    if (this.pendingBytes > this.#core.options.maxPendingBytes) {
      this.cutSlowConsumer('Slow Consumer (Pending Bytes)');
    } else if (this.#outbox.bytes >= EARLY_FLUSH_BYTES) this.flush();
    else if (!this.isFlushRequested) {
      this.isFlushRequested = true;
      this.#core.requestFlush(this);
    }
  }

  #leave(reason: CloseReason): void {
    this.#isClosed = true;
    this.keepAlive.stop();
    this.#core.clock.clearTimeout(this.#authTimer);
    this.#core.clock.clearTimeout(this.#stallTimer);
    for (const subscription of this.subscriptions.values()) {
      subscription.isRemoved = true;
      this.#core.sublist.remove(subscription);
    }
    this.subscriptions.clear();
    this.#core.clientClosed(this, reason);
  }
}
